// SPDX-License-Identifier: Apache-2.0

package web

// This file serves the style and the script, named by what they hold.

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"net/http"
	"time"
)

//go:embed static/style.css
var styleCSS []byte

//go:embed static/page.js
var pageJS []byte

// assets are the files of the door by the name they are served under.
type assets struct {
	style, script string // paths
	files         map[string]asset
}

type asset struct {
	mediaType string
	body      []byte
}

func loadAssets() assets {
	a := assets{files: make(map[string]asset)}
	a.style = a.add("style", ".css", "text/css; charset=utf-8", styleCSS)
	a.script = a.add("page", ".js", "text/javascript; charset=utf-8", pageJS)
	return a
}

// add names a file by its hash: another content has another address, so that
// it can be kept for a year.
func (a *assets) add(stem, ending, mediaType string, body []byte) string {
	sum := sha256.Sum256(body)
	name := stem + "-" + hex.EncodeToString(sum[:8]) + ending
	a.files[name] = asset{mediaType, body}
	return "/static/" + name
}

func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	file, known := a.files[r.PathValue("name")]
	if !known {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.mediaType)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.body))
}
