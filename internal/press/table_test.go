// SPDX-License-Identifier: Apache-2.0

package press

// Dates, counts and sign-offs one by one, and the tables themselves.

import (
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	// Published on a Monday.
	published := time.Date(2017, 12, 18, 15, 0, 0, 0, time.UTC)
	for sentence, want := range map[string]string{
		"It sank on Friday.":                               "on Friday 2017-12-15/2017-12-15 day",
		"It sank on Monday.":                               "on Monday 2017-12-18/2017-12-18 day",
		"It sank Tuesday night.":                           "Tuesday night 2017-12-12/2017-12-12 day",
		"It will sail on Friday.":                          "on Friday 2017-12-22/2017-12-22 day",
		"It is due to sail on Monday.":                     "on Monday 2017-12-25/2017-12-25 day",
		"It will sail, he said on Friday.":                 "on Friday 2017-12-15/2017-12-15 day",
		"It sank last Friday.":                             "last Friday 2017-12-15/2017-12-15 day",
		"It sails next Friday.":                            "next Friday 2017-12-22/2017-12-22 day",
		"It sank on December 16.":                          "on December 16 2017-12-16/2017-12-16 day",
		"It sank on Jan. 3.":                               "on Jan. 3 2018-01-03/2018-01-03 day",
		"It sank on 16 August.":                            "on 16 August 2017-08-16/2017-08-16 day",
		"It will sail on August 16.":                       "on August 16 2018-08-16/2018-08-16 day",
		"It sank on the 3rd of May.":                       "3rd of May 2018-05-03/2018-05-03 day",
		"It sank on Friday, December 8, 2017, at noon.":    "on Friday, December 8, 2017 2017-12-08/2017-12-08 day",
		"It sank on 8 December 2016.":                      "on 8 December 2016 2016-12-08/2016-12-08 day",
		"It sank on 2016-12-08.":                           "on 2016-12-08 2016-12-08/2016-12-08 day",
		"It sank in April.":                                "in April 2017-04-01/2017-04-30 month",
		"It sank in December.":                             "in December 2017-12-01/2017-12-31 month",
		"It will sail in March.":                           "in March 2018-03-01/2018-03-31 month",
		"It sank in April last year.":                      "in April last year 2016-04-01/2016-04-30 month",
		"It sank in September 2015.":                       "in September 2015 2015-09-01/2015-09-30 month",
		"It sank last April.":                              "last April 2017-04-01/2017-04-30 month",
		"It sank between January and March.":               "between January and March 2017-01-01/2017-03-31 month",
		"It sank in 2015.":                                 "in 2015 2015-01-01/2015-12-31 year",
		"It sank after the 2014 fire.":                     "2014 2014-01-01/2014-12-31 year",
		"It sank last month.":                              "last month 2017-11-01/2017-11-30 month",
		"It sank last year.":                               "last year 2016-01-01/2016-12-31 year",
		"It sank this week.":                               "this week 2017-12-12/2017-12-18 week",
		"It sank last week.":                               "last week 2017-12-05/2017-12-11 week",
		"It sails next month.":                             "next month 2018-01-01/2018-01-31 month",
		"It sank yesterday.":                               "yesterday 2017-12-17/2017-12-17 day",
		"It sank three days ago.":                          "three days ago 2017-12-15/2017-12-15 day",
		"It sank two years ago.":                           "two years ago 2015-01-01/2015-12-31 year",
		"It may sink, and they march in rows of 2015 men.": "",
		"Theresa May sank it.":                             "",
		"Flight 2017 sank.":                                "",
		"It sank twice in a week.":                         "",
	} {
		article, err := Read([]byte(sentence), Options{Published: published})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(article.Claims) > 0 && article.Claims[0].When != nil {
			when := article.Claims[0].When
			got = when.Text + " " + when.Start + "/" + when.End + " " + when.Fidelity
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", sentence, got, want)
		}
	}
}

func TestCounts(t *testing.T) {
	for sentence, want := range map[string]string{
		"They arrested seven members of a group.":           "seven members|members|7|7|",
		"As many as 40,000 sailors came.":                   "As many as 40,000 sailors|sailors|0|40000|estimate",
		"Up to 12 boats sank.":                              "Up to 12 boats|boats|0|12|estimate",
		"At least 14 people died.":                          "At least 14 people|people|14|?|",
		"More than 130 guests fled.":                        "More than 130 guests|guests|131|?|",
		"Fewer than 20 boats sank.":                         "Fewer than 20 boats|boats|0|19|",
		"About 50 boats sank.":                              "About 50 boats|boats|45|55|estimate",
		"Some 50 boats sank.":                               "Some 50 boats|boats|45|55|estimate",
		"Nearly 50 boats sank.":                             "Nearly 50 boats|boats|45|49|estimate",
		"An estimated 2,900 sailors came.":                  "An estimated 2,900 sailors|sailors|2900|2900|estimate",
		"Police estimated that 2,900 sailors came.":         "2,900 sailors|sailors|2900|2900|estimate",
		"Between 5 and 7 boats sank.":                       "Between 5 and 7 boats|boats|5|7|",
		"They saw 5-7 boats.":                               "5-7 boats|boats|5|7|",
		"They saw five to seven boats.":                     "five to seven boats|boats|5|7|",
		"Fifty or more boats sank.":                         "Fifty or more boats|boats|50|?|",
		"Several boats sank.":                               "Several boats|boats|3|9|estimate",
		"Several thousand sailors came.":                    "Several thousand sailors|sailors|3000|9999|estimate",
		"A few hundred sailors came.":                       "A few hundred sailors|sailors|300|999|estimate",
		"Dozens of boats sank.":                             "Dozens of boats|boats|24|99|estimate",
		"Hundreds of boats sank.":                           "Hundreds of boats|boats|200|999|estimate",
		"Tens of thousands of sailors came.":                "Tens of thousands of sailors|sailors|20000|99999|estimate",
		"A large number of explosives went off.":            "A large number of explosives|explosives|?|?|estimate",
		"A couple of boats sank.":                           "A couple of boats|boats|2|2|estimate",
		"Half a dozen boats sank.":                          "Half a dozen boats|boats|6|6|",
		"Two dozen boats sank.":                             "Two dozen boats|boats|24|24|",
		"Twenty-five boats sank.":                           "Twenty-five boats|boats|25|25|",
		"Two hundred and six boats sank.":                   "Two hundred and six boats|boats|206|206|",
		"There were 1.5 million voters.":                    "1.5 million voters|voters|1500000|1500000|",
		"They found 14 kg of explosives.":                   "14 kg of explosives|kg of explosives|14|14|",
		"The fire left 14 dead.":                            "14|dead|14|14|",
		"The fire, killing 14, went out.":                   "14|people|14|14|",
		"The blast killed 14 and hurt nobody.":              "14|people|14|14|",
		"The two leaders met.":                              "two leaders|leaders|2|2|",
		"Two of the boats sank.":                            "Two of the boats|boats|2|2|",
		"One in ten boats sinks.":                           "",
		"No one came, and one day it sank.":                 "",
		"It was the second boat, the 21st in all.":          "",
		"It cost $5 million and 12 percent more.":           "",
		"Call 555-0100 or 020 7946 0000 now.":               "",
		"It sank in 2015 after 3 hours.":                    "",
		"Jane Roe, 34, left Room 12 of Flight 370 at 9 pm.": "",
		"The man, aged 34, left.":                           "",
		"It sank on December 16.":                           "",
	} {
		article, err := Read([]byte(sentence), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, claim := range article.Claims {
			for _, each := range claim.Counts {
				got += strings.Join([]string{each.Text, each.Of, bound(each.Low), bound(each.High), map[bool]string{true: "estimate"}[each.Estimate]}, "|")
			}
		}
		if got != want {
			t.Errorf("%s\n got %q\nwant %q", sentence, got, want)
		}
	}
}

func TestSignoffs(t *testing.T) {
	body := "The port is open.\nIt said “no.”"
	for end, want := range map[string]string{
		"":                            "",
		" /cbb":                       "/cbb",
		" /cbb.":                      "/cbb",
		"/abc":                        "/abc",
		"\n/ab/cde":                   "/ab/cde",
		" (abc/def)":                  "(abc/def)",
		"\n(abc)":                     "(abc)",
		"\nabc/def":                   "abc/def",
		"\n—ENDS—":                    "—ENDS—",
		"\n- Ends -":                  "- Ends -",
		"\n###":                       "###",
		"\n-30-":                      "-30-",
		"\nReporting by J. Roe":       "Reporting by J. Roe",
		" /abc\n\nEditing by J. Roe;": "/abc Editing by J. Roe;",
	} {
		text, signoff := takeSignoff(body + end + "\n")
		if text != body || signoff != want {
			t.Errorf("%q: %q and %q, want %q", end, text, signoff, want)
		}
	}
	for _, kept := range []string{"He joined the Islamic State (ISIS)", "It was either/or", "Read it at example.org/abc", "It ends.", "/abc"} {
		if text, signoff := takeSignoff(kept); text != kept || signoff != "" {
			t.Errorf("%q lost %q", kept, signoff)
		}
	}
}

func TestSources(t *testing.T) {
	for text, want := range map[string]string{
		"Police say the road is open.":                                         "police",
		"The road is open, according to the Port Authority.":                   "Port Authority",
		"“It is open,” said Jane Roe, head of the port.":                       "Jane Roe",
		"Jane Roe, a spokeswoman for the port, said it was open.":              "Jane Roe",
		"The White House said it was open. It added that nobody was hurt.":     "White House, White House",
		"Jane Roe said it was open. “Come,” she added. “Please do come.”":      "Jane Roe, Jane Roe, Jane Roe",
		"Jane Roe spoke of “open roads.” The road is open.":                    ", ",
		"“It is open. It always was,” Jane Roe told reporters.":                "Jane Roe, Jane Roe",
		"Jane Roe said: “It is open. It always was.”":                          "Jane Roe, Jane Roe",
		"The road, Jane Roe said, is open.":                                    "Jane Roe",
		"Roads are open, said John Doe.":                                       "John Doe",
		"The reported attack is said to have been planned.":                    "",
		"Claims of an attack were false.":                                      "",
		"The road is open and the port is not.":                                "",
		"Jane Roe thanked him, saying the road was open.":                      ", Jane Roe",
		"He was quoted as saying no. Officials in Oslo and Bern deny it.":      ", officials in Oslo and Bern",
		"In 2015 security services estimated that 20 boats had sunk.":          "security services",
		"It is not clear who did it, and no group has claimed responsibility.": ", ",
		"The ministry has not confirmed the deaths.":                           "",
	} {
		article, err := Read([]byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, claim := range article.Claims {
			got = append(got, claim.Source)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s\n got %q\nwant %q", text, strings.Join(got, ", "), want)
		}
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]string{
		"The boat sank.":                           Fact,
		"The boat could have sunk.":                Assessment,
		"The threat of fire has increased.":        Assessment,
		"Ties between the two remain fraught.":     Assessment,
		"It made the port a priority target.":      Assessment,
		"The boat probably sank.":                  Assessment,
		"Police said the boat could have sunk.":    ClaimOfSource,
		"Police estimated that the boat sank.":     Assessment,
		"The boat sank in May, and he “may” stay.": Fact,
	} {
		article, err := Read([]byte(text), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(article.Claims) != 1 || article.Claims[0].Kind != want {
			t.Errorf("%s: %+v, want %s", text, article.Claims, want)
		}
	}
}

func TestTables(t *testing.T) {
	files, err := tables.ReadDir("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		table := strings.TrimSuffix(file.Name(), ".txt")
		all := rows(table)
		if len(all) == 0 {
			t.Errorf("%s is empty", table)
		}
		text, err := tables.ReadFile("data/" + file.Name())
		if err != nil || !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s does not say what it holds: %v", table, err)
		}
		for _, row := range all {
			if len(row) != len(all[0]) {
				t.Errorf("%s: %q has %d columns, not %d", table, row, len(row), len(all[0]))
			}
		}
	}
	codes := map[string]bool{}
	for _, row := range rows("countries") {
		if len(row[0]) != 2 || codes[row[0]] {
			t.Errorf("country code %q", row[0])
		}
		codes[row[0]] = true
	}
	if len(codes) != 249 {
		t.Errorf("%d countries, ISO 3166-1 has 249", len(codes))
	}
	for _, table := range []string{"places", "epithets"} {
		for _, row := range rows(table) {
			if row[0] != "" && !codes[row[0]] {
				t.Errorf("%s: country %q", table, row[0])
			}
		}
	}
	for _, row := range rows("organizations") {
		if row[2] != "" && !codes[row[2]] {
			t.Errorf("organizations: country %q of %s", row[2], row[0])
		}
	}
	g := knowledge()
	for _, each := range g.epithets {
		if _, size := (&reading{document: layOut(each.place)}).lookUp(0); size == 0 {
			t.Errorf("epithets: no place %q", each.place)
		}
	}
	if len(g.months) < 12 || len(g.weekdays) != 7 || g.numbers["seven"] != 7 || g.units["thousand"] != 1000 {
		t.Error("calendar or numbers")
	}
}
