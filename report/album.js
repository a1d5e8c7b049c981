"use strict";
drawAll($("charts"), JSON.parse($("data").textContent));
