// SPDX-License-Identifier: Apache-2.0

package web_test

// This file tests that an article is read, and kept only as a person confirms it.

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

const articleText = "HARBOURTOWN, December 17 (Example News) - Police detained four men on Friday over a planned attack on the city's railway station, the interior ministry said.\n\nAs many as 3,000 travellers use the station each day. The governor thanked the neighbouring country for its warning.\n\nInvestigators believe the group had bought explosives abroad.\n"

func TestAnArticleIsKeptAsAPersonConfirmsIt(t *testing.T) {
	n := newNode(t, "alpha", "US")
	n.staff()
	ines := n.people["ines"]
	ines.submit("/read", "/read", url.Values{"text": {"  "}, "published": {"2017-12-17"}}).refused(422, "cannot be read")
	wrong := ines.submit("/read", "/read", url.Values{"text": {articleText}, "published": {"yesterday"}}).refused(422, "day of publication")
	if got := offered(wrong.form("/read")).Get("text"); !strings.Contains(got, "railway station") {
		t.Error("the article was lost")
	}
	read := ines.submit("/read", "/read", url.Values{"text": {articleText}, "published": {"2017-12-17"}, "publisher": {"Example News"}})
	read.want(".article mark", "four men").want("ol.claims li", "“on Friday” = 2017-12-15")
	if len(ines.get("/sources").all("tbody tr")) != 0 {
		t.Error("an article that was only read is kept")
	}
	claims := read.all("ol.claims input")
	if len(claims) < 2 {
		t.Fatalf("%d claims", len(claims))
	}
	values := offered(read.form("/read/keep"))
	values.Set("title", "Station plot in the press")
	ines.post("/read/keep", values).refused(422, "no claim was confirmed")
	values.Set("claim", "0")
	values.Set("attach", "yes")
	values.Set("window.start", "soon")
	again := ines.post("/read/keep", values).refused(422, "cannot be read")
	if kept := offered(again.form("/read/keep")); kept.Get("title") != "Station plot in the press" || !slices.Equal(kept["claim"], []string{"0"}) {
		t.Errorf("what was typed is lost: %v", kept)
	}
	values.Del("window.start")
	source := ines.post("/read/keep", values).want("h1", "Station plot in the press")
	source.want("dl.texts dt", "original, base64, part 1").want("summary", "STIX object")
	for _, dd := range source.all("dl.texts dd") {
		if strings.HasPrefix(text(dd), "1. ") && strings.Contains(text(dd), "2. ") {
			t.Error("more was kept than was confirmed")
		}
	}
}

func TestADamagedFileIsReadByItsBytes(t *testing.T) {
	article, err := os.ReadFile("../../../shared/input/article.txt")
	if err != nil {
		t.Skip("the damaged article is not here")
	}
	n := newNode(t, "alpha", "US")
	n.staff()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(t, form.WriteField("published", "2017-12-17"))
	file, err := form.CreateFormFile("file", "article.txt")
	must(t, err)
	_, err = file.Write(article)
	must(t, err)
	must(t, form.Close())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, n.server.URL+"/read", &body)
	must(t, err)
	request.Header.Set("Content-Type", form.FormDataContentType())
	n.people["ines"].do(request).want("dd", "utf-8 read as gbk").want("ol.claims li", "seven")
}
