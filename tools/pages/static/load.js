// Loads data: a script is read where a file could not be, since pages from a disk may not fetch.
"use strict";
(() => {
  const pcpdrain = (window.pcpdrain ??= {});
  pcpdrain.FORMAT = "pcpdrain-report 1";

  // The data under a key, or an error that says what is wrong with it.
  pcpdrain.data ??= {};
  pcpdrain.load = (key) =>
    new Promise((resolve, reject) => {
      const finish = () => {
        const found = pcpdrain.data[key];
        if (!found) return reject(new Error(`there is no ${key} in this report`));
        if (found.format !== pcpdrain.FORMAT) {
          return reject(new Error(`${key} is of another version (${found.format}, not ${pcpdrain.FORMAT})`));
        }
        resolve(found);
      };
      if (pcpdrain.data[key]) return finish();
      const script = document.createElement("script");
      script.src = `${key}.js`;
      script.onload = finish;
      script.onerror = finish;
      document.head.append(script);
    });

  // Says what is wrong, in the place that each page has for it.
  pcpdrain.complain = (text) => {
    const place = document.getElementById("problem");
    place.textContent = text;
    place.hidden = !text;
  };
})();
