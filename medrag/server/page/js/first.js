// Before the first paint: the colours and the language that were chosen last, else the browser's.
(function () {
  "use strict";
  var root = document.documentElement;
  function kept(name) {
    try { return window.localStorage.getItem("medrag." + name) || ""; } catch (error) { return ""; }
  }
  var theme = kept("theme");
  if (theme !== "light" && theme !== "dark") {
    theme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  root.dataset.theme = theme;
  var lang = kept("lang") || navigator.language || "en";
  root.lang = lang.toLowerCase().indexOf("zh") === 0 ? "zh-CN" : "en";
})();
