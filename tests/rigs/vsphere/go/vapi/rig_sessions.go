// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import "net/http"

// rigHandlers are all that were made; the rig has one.
var rigHandlers []*handler

// hasAuthorization takes the account of the server and no other.
func (s *handler) hasAuthorization(r *http.Request) (string, bool) {
	user, password, ok := r.BasicAuth()
	known, _ := s.URL.User.Password()
	return user, ok && user == s.URL.User.Username() && password == known
}

// RigExpireSessions ends every session, as after some idle time.
func RigExpireSessions() {
	for _, s := range rigHandlers {
		s.Lock()
		for id := range s.Session {
			delete(s.Session, id)
		}
		s.Unlock()
	}
}

// RigSessions counts the sessions.
func RigSessions() (count int) {
	for _, s := range rigHandlers {
		s.Lock()
		count += len(s.Session)
		s.Unlock()
	}
	return
}
