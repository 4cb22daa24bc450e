// SPDX-License-Identifier: Apache-2.0

package stixtest

// This file writes one object of each type.

import "time"

const layout = "2006-01-02T15:04:05.000Z"

// open writes the common properties of an object, up to a comma.
func (m *maker) open(objectType string) {
	created := m.day()
	modified := created.Add(time.Duration(m.random.Int64N(365*24*3600*1000)) * time.Millisecond)
	m.text(`{"type":"`, objectType, `","spec_version":"2.1","id":"`, m.id(objectType), `","created":"`, created.Format(layout),
		`","created_by_ref":"`, m.identity, `","modified":"`, modified.Format(layout), `","object_marking_refs":["`, m.marking, `"],`)
}

// close writes the custom properties that every object has.
func (m *maker) close() {
	m.text(`,"x_mitre_attack_spec_version":"3.`, number(m.between(0, 3)), `.0","x_mitre_deprecated":false,"x_mitre_domains":["enterprise-attack"],"x_mitre_modified_by_ref":"`,
		m.identity, `","x_mitre_version":"`, number(m.between(1, 4)), `.`, number(m.between(0, 9)), `"}`)
}

func (m *maker) maintainer() {
	m.identity = m.id("identity")
	m.marking = m.id("marking-definition")
	m.text(`{"type":"identity","spec_version":"2.1","id":"`, m.identity, `","created":"2017-06-01T00:00:00.000Z","modified":"2025-03-19T15:00:40.855Z",`,
		`"identity_class":"organization","name":"Example Knowledge Base","object_marking_refs":["`, m.marking, `"]`)
	m.close()
}

func (m *maker) statement() {
	m.text(`{"type":"marking-definition","spec_version":"2.1","id":"`, m.marking, `","created":"2017-06-01T00:00:00.000Z","created_by_ref":"`, m.identity,
		`","definition_type":"statement","definition":{"statement":"Copyright 2015-2025, Example Knowledge Base. May be shared with this notice."},"x_mitre_domains":["enterprise-attack"]}`)
}

func (m *maker) relationship() {
	source, kind, target := m.edge()
	m.open("relationship")
	if m.random.IntN(20) > 0 {
		name := m.name()
		m.text(`"description":"`)
		m.prose(m.between(30, 490))
		m.text(`(Citation: `, name, `)","external_references":[`)
		m.reference(name, 40)
		for range m.random.IntN(2) {
			m.text(`,`)
			m.reference(m.name(), 40)
		}
		m.text(`],`)
	}
	m.text(`"relationship_type":"`, kind, `","source_ref":"`, source, `","target_ref":"`, target, `"`)
	m.close()
}

// edge chooses what a relationship connects.
func (m *maker) edge() (source, kind, target string) {
	pattern := m.any("attack-pattern")
	edges := [...]struct{ source, kind string }{
		{"malware", "uses"}, {"malware", "uses"}, {"malware", "uses"}, {"intrusion-set", "uses"}, {"intrusion-set", "uses"},
		{"course-of-action", "mitigates"}, {"x-mitre-data-component", "detects"}, {"campaign", "uses"}, {"attack-pattern", "subtechnique-of"},
	}
	edge := edges[m.random.IntN(len(edges))]
	if source = m.any(edge.source); source == "" {
		return m.any("malware"), "uses", pattern
	}
	return source, edge.kind, pattern
}

func (m *maker) attackPattern() {
	m.open("attack-pattern")
	m.named(m.between(500, 2600))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/techniques/T`, number(m.between(1000, 1999)),
		`","external_id":"T`, number(m.between(1000, 1999)), `"}`)
	m.references(m.between(1, 6))
	m.text(`],"kill_chain_phases":[{"kill_chain_name":"mitre-attack","phase_name":"`, m.pick(phases()), `"}],"revoked":false,`,
		`"x_mitre_contributors":["`, m.name(), `"],"x_mitre_detection":"`)
	m.prose(m.between(0, 700))
	m.text(`","x_mitre_is_subtechnique":false,"x_mitre_platforms":["Windows","Linux","macOS"],"x_mitre_remote_support":false`)
	m.close()
}

func (m *maker) malware() {
	m.open("malware")
	name := m.named(m.between(100, 700))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/software/S`, number(m.between(1000, 1999)),
		`","external_id":"S`, number(m.between(1000, 1999)), `"}`)
	m.references(m.between(1, 4))
	m.text(`],"is_family":true,"revoked":false,"x_mitre_aliases":["`, name, `"],"x_mitre_platforms":["Windows"]`)
	m.close()
}

func (m *maker) tool() {
	m.open("tool")
	m.named(m.between(100, 600))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/software/S0002","external_id":"S0002"}`)
	m.references(2)
	m.text(`],"revoked":false,"x_mitre_platforms":["Windows"]`)
	m.close()
}

func (m *maker) intrusionSet() {
	m.open("intrusion-set")
	name := m.named(m.between(300, 900))
	m.text(`,"aliases":["`, name, `","`, m.name(), `","`, m.name(), `"],"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/groups/G0001","external_id":"G0001"}`)
	m.references(m.between(3, 9))
	m.text(`],"revoked":false`)
	m.close()
}

func (m *maker) campaign() {
	m.open("campaign")
	name := m.named(m.between(300, 900))
	m.text(`,"aliases":["`, name, `"],"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/campaigns/C0001","external_id":"C0001"}`)
	m.references(m.between(1, 3))
	m.text(`],"first_seen":"2019-05-01T04:00:00.000Z","last_seen":"2020-01-01T05:00:00.000Z","revoked":false,"x_mitre_first_seen_citation":"(Citation: `, m.name(), `)"`)
	m.close()
}

func (m *maker) courseOfAction() {
	m.open("course-of-action")
	m.named(m.between(200, 1400))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/mitigations/M1001","external_id":"M1001"}`)
	m.references(1)
	m.text(`],"revoked":false`)
	m.close()
}

func (m *maker) analytic() {
	m.open("x-mitre-analytic")
	m.named(m.between(200, 700))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/detectionstrategies/DET0001#AN0001","external_id":"AN0001"}],`,
		`"x_mitre_log_source_references":[`)
	for i := range m.between(1, 4) {
		if i > 0 {
			m.text(`,`)
		}
		m.text(`{"x_mitre_data_component_ref":"`, m.component(), `","name":"`, m.pick(words()), `:`, m.pick(words()), `","channel":"EventCode=`, number(m.between(1, 9999)), `"}`)
	}
	m.text(`],"x_mitre_mutable_elements":[{"field":"TimeWindow","description":"`)
	m.prose(m.between(40, 120))
	m.text(`"}],"x_mitre_platforms":["Windows"]`)
	m.close()
}

// component is a data component to refer to, whether or not it is in the set.
func (m *maker) component() string {
	if id := m.any("x-mitre-data-component"); id != "" {
		return id
	}
	return m.id("x-mitre-data-component")
}

func (m *maker) dataComponent() {
	m.open("x-mitre-data-component")
	m.named(m.between(100, 500))
	m.text(`,"external_references":[{"source_name":"mitre-attack","url":"https://attack.example.org/datacomponents/DC0001","external_id":"DC0001"}],"revoked":false`)
	m.close()
}

// named writes a name and a description of about some length.
func (m *maker) named(length int) (name string) {
	name = m.name()
	m.text(`"name":"`, name, `","description":"`)
	m.prose(length)
	m.text(`"`)
	return name
}

func (m *maker) references(n int) {
	for range n {
		m.text(`,`)
		m.reference(m.name(), 50)
	}
}

func (m *maker) reference(name string, length int) {
	m.text(`{"source_name":"`, name, `","description":"`)
	m.prose(length)
	m.text(`","url":"https://www.example.org/`, m.pick(words()), `/`, number(m.between(2012, 2025)), `/`, m.pick(words()), `-`, m.pick(words()), `/"}`)
}

// name is two or three words with capitals.
func (m *maker) name() string {
	name := ""
	for i := range m.between(2, 3) {
		if i > 0 {
			name += " "
		}
		word := m.pick(words())
		name += string(word[0]-'a'+'A') + word[1:]
	}
	return name
}

// prose writes words up to a length, with what texts have: stops, line ends,
// quotation marks, links, letters beyond ASCII.
func (m *maker) prose(length int) {
	end := len(m.out) + length
	for count := 1; len(m.out) < end; count++ {
		m.text(m.pick(words()))
		switch {
		case count%97 == 0:
			m.text(`.\n\n`)
		case count%61 == 0:
			m.text(` (Citation: \"`, m.name(), `\") `)
		case count%53 == 0:
			m.text(` [`, m.pick(words()), `](https://attack.example.org/techniques/T1059) `)
		case count%41 == 0:
			m.text(` – `)
		case count%13 == 0:
			m.text(`. `)
		default:
			m.text(` `)
		}
	}
}

func phases() []string {
	return []string{"initial-access", "execution", "persistence", "privilege-escalation", "defense-evasion", "credential-access", "discovery", "lateral-movement", "collection", "command-and-control", "exfiltration", "impact"}
}

func words() []string {
	return []string{
		"adversaries", "may", "use", "the", "account", "of", "a", "service", "to", "run", "commands", "and", "remain", "unseen", "on", "hosts",
		"network", "process", "file", "registry", "memory", "driver", "loader", "script", "payload", "remote", "session", "token", "cloud", "tenant",
		"mailbox", "browser", "credential", "password", "hash", "ticket", "certificate", "domain", "controller", "policy", "backup", "volume", "disk",
		"encrypted", "channel", "protocol", "traffic", "tunnel", "proxy", "beacon", "schedule", "task", "library", "import", "signature", "binary",
	}
}
