// SPDX-License-Identifier: Apache-2.0

package web_test

// This file reads pages: a small selector over parsed HTML.

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// all finds the elements that a selector names: steps between spaces, each a
// tag with any of #id, .class, [attr] and [attr=value].
func all(root *html.Node, selector string) []*html.Node {
	found := []*html.Node{root}
	for step := range strings.FieldsSeq(selector) {
		var next []*html.Node
		for _, from := range found {
			for n := range from.Descendants() {
				if n.Type == html.ElementNode && matches(n, step) && !slices.Contains(next, n) {
					next = append(next, n)
				}
			}
		}
		found = next
	}
	return found
}

func matches(n *html.Node, step string) bool {
	step, attributes, _ := strings.Cut(step, "[")
	for _, each := range strings.Split(strings.TrimSuffix(attributes, "]"), "][") {
		name, want, valued := strings.Cut(each, "=")
		if got, has := attribute(n, name); name != "" && (!has || valued && got != want) {
			return false
		}
	}
	classes := strings.Split(step, ".")
	for _, class := range classes[1:] {
		if got, _ := attribute(n, "class"); !slices.Contains(strings.Fields(got), class) {
			return false
		}
	}
	step = classes[0]
	tag, id, named := strings.Cut(step, "#")
	if got, _ := attribute(n, "id"); named && got != id {
		return false
	}
	return tag == "" || n.Data == tag
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func attr(n *html.Node, name string) string {
	value, _ := attribute(n, name)
	return value
}

// text is an element's text, its spaces joined.
func text(n *html.Node) string {
	var all strings.Builder
	for each := range n.Descendants() {
		if each.Type == html.TextNode {
			all.WriteString(each.Data)
		}
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

// raw is an element's text as it stands.
func raw(n *html.Node) string {
	var all strings.Builder
	for each := range n.Descendants() {
		if each.Type == html.TextNode {
			all.WriteString(each.Data)
		}
	}
	return all.String()
}

// hrefIs reports whether a link leads to a path.
func hrefIs(path string) func(*html.Node) bool {
	return func(a *html.Node) bool { return attr(a, "href") == path }
}
