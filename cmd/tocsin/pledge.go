// SPDX-License-Identifier: Apache-2.0

package main

// This file holds the command pledge.

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/tocsin-exchange/tocsin/api"
	"github.com/tocsin-exchange/tocsin/warning"
)

func (t *tool) pledgeCommand() *cobra.Command {
	var pledge warning.Pledge
	var from, until string
	var on mapFlags
	give := t.ask("give PARTNER --text TEXT", "promise a partner to pass on what concerns it", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--text", pledge.Text, "TEXT: the promise, as it is given"); err != nil {
			return err
		}
		pledge.From, pledge.Until = warning.Date(from), warning.Date(until)
		var err error
		if pledge.Cities, pledge.Areas, err = on.read(t); err != nil {
			return err
		}
		given, err := c.Pledge(ctx, api.NewPledge{Partner: args[0], Pledge: pledge})
		if err != nil {
			return err
		}
		return t.show(given, func(p *page) { p.line("pledged to %s: %s", given.Partner, given.Pledge.ID) })
	})
	flags := give.Flags()
	flags.SortFlags = false
	flags.StringVar(&pledge.Text, "text", "", "the promise, as it is given")
	flags.StringSliceVar(&pledge.Places, "place", nil, "ISO 3166 code, such as NO or NO-46; may be repeated")
	on.flags(give)
	flags.StringSliceVar(&pledge.Nationals, "national", nil, "nationals of this country; may be repeated")
	flags.StringArrayVar(&pledge.Organisations, "organisation", nil, "an organisation's name; may be repeated")
	flags.StringSliceVar(&pledge.Sectors, "sector", nil, "a sector of industry in the words of STIX, such as energy; may be repeated")
	flags.StringArrayVar(&pledge.Events, "event", nil, "an event's name; may be repeated")
	flags.StringArrayVar(&pledge.Words, "word", nil, "a word or phrase, in the language of the reports; bridge* stands for all that begin so; may be repeated")
	flags.StringVar(&from, "from", "", "the first day, such as 2026-12-31")
	flags.StringVar(&until, "until", "", "the last day")
	list := t.ask("list", "list what was promised, by us and to us", func(ctx context.Context, c *api.Client, _ []string) error {
		pledges, err := c.Pledges(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		return table(t, pledges, "no pledges yet; next: tocsin pledge give --help", []any{"id", "by", "to", "state", "covers", "text"}, func(k warning.KeptPledge) []any {
			by, to := k.Partner, "us"
			if k.Ours {
				by, to = "us", k.Partner
			}
			state := k.State(now)
			if k.EndReason != "" {
				state += " (" + k.EndReason + ")"
			}
			return []any{k.Pledge.ID, by, to, state, covered(k.Pledge), k.Pledge.Text}
		})
	})
	var reason string
	end := t.ask("end PLEDGE --reason TEXT", "take back a promise of ours from now on; the partner is told, and not why", func(ctx context.Context, c *api.Client, args []string) error {
		if err := needed("--reason", reason, "TEXT: why; it stays here"); err != nil {
			return err
		}
		kept, err := c.EndPledge(ctx, args[0], reason)
		if err != nil {
			return err
		}
		told := "who is told"
		if kept.EndHash == "" {
			told = "who is told when its channel is open again"
		}
		return t.show(kept, func(p *page) {
			p.line("ended: %s to %s, %s; what met it before is owed all the same", kept.Pledge.ID, kept.Partner, told)
		})
	})
	end.Flags().StringVar(&reason, "reason", "", "why; it stays here")
	return t.group("pledge", "standing promises, ours and theirs", give, list, end)
}

// covered says what a pledge covers, and of what kind each is.
func covered(p warning.Pledge) string {
	var parts []string
	for _, kind := range []struct {
		name  string
		words []string
	}{{"places", p.Places}, {"cities", warning.CityNames(p.Cities)}, {"areas", warning.AreaNames(p.Areas)}, {"nationals of", p.Nationals}, {"organisations", p.Organisations}, {"sectors", p.Sectors},
		{"events", p.Events}, {"words", p.Words}} {
		if len(kind.words) > 0 {
			parts = append(parts, kind.name+" "+strings.Join(kind.words, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// mapFlags are the flags that name cities and areas, of a pledge or a watch.
type mapFlags struct{ cities, circles, polygons []string }

func (m *mapFlags) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&m.cities, "city", nil, "a city's name, and its ISO 3166 code if there are others, such as \"Bergen, NO\"; may be repeated")
	c.Flags().StringArrayVar(&m.circles, "circle", nil, "latitude, longitude, kilometres, and a name, such as \"60.39, 5.32, 10, the harbour\"; may be repeated")
	c.Flags().StringArrayVar(&m.polygons, "polygon", nil, "a GeoJSON file with a polygon; may be repeated")
}

// read reads what the flags name.
func (m *mapFlags) read(t *tool) (cities []warning.City, areas []warning.Area, err error) {
	for _, text := range m.cities {
		cities = append(cities, warning.ParseCity(text))
	}
	for _, text := range m.circles {
		area, err := warning.ParseCircle(text)
		if err != nil {
			return nil, nil, usage(`write --circle "60.39, 5.32, 10, the harbour"`, "%q: %v", text, err)
		}
		areas = append(areas, area)
	}
	for _, file := range m.polygons {
		area, err := t.readPolygon(file)
		if err != nil {
			return nil, nil, err
		}
		areas = append(areas, area)
	}
	return cities, areas, nil
}

// readPolygon reads a GeoJSON polygon, alone or as a feature with a name. A hole
// in it would have to be promised, too. RFC 7946 §3.1.6
func (t *tool) readPolygon(file string) (area warning.Area, err error) {
	raw, err := t.readFile(file)
	if err != nil {
		return area, err
	}
	type geometry struct {
		Type        string        `json:"type"`
		Coordinates [][][]float64 `json:"coordinates"`
	}
	var shape struct {
		geometry
		Geometry   geometry `json:"geometry"`
		Properties struct {
			Name string `json:"name"`
		} `json:"properties"`
	}
	err = json.Unmarshal(raw, &shape)
	polygon := shape.geometry
	if shape.Type == "Feature" {
		polygon = shape.Geometry
	}
	if err == nil && (polygon.Type != "Polygon" || len(polygon.Coordinates) != 1) {
		err = errors.New("it has to be one Polygon, without holes")
	}
	if err != nil {
		return area, usage("save one polygon as GeoJSON", "%s is not a GeoJSON polygon without holes: %v", filepath.Base(file), err)
	}
	area.Name = shape.Properties.Name
	for _, corner := range polygon.Coordinates[0] {
		if len(corner) < 2 {
			return area, fmt.Errorf("%s: a corner is a longitude and a latitude", file)
		}
		area.Ring = append(area.Ring, [2]float64{corner[0], corner[1]})
	}
	return area, nil
}
