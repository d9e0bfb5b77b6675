/* The two of Dash's core components that pages have, in place of Dash's own bundle: that is 100 of the 640 kB of a
   first visit, and a twentieth of a second of each. */

function place() {
  const { pathname, search, hash, href } = location;
  return { pathname, search, hash, href };
}

/* Keeps data for callbacks, in Dash's own memory. */
function Store() {
  return null;
}

/* Has the callbacks know where the page is, from the next address on. */
function Location({ setProps }) {
  window.React.useEffect(() => {
    const follow = () => setProps(place());
    window.addEventListener("popstate", follow);
    window.addEventListener("_dashprivate_pushstate", follow);
    return () => {
      window.removeEventListener("popstate", follow);
      window.removeEventListener("_dashprivate_pushstate", follow);
    };
  }, [setProps]);
  return null;
}

/* Has Dash find them. */
export function provideCoreComponents() {
  window.dash_core_components = { Store, Location };
}
