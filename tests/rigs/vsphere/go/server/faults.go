// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	vapi "github.com/vmware/govmomi/vapi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// rule is a fault that a test ordered.
type rule struct {
	Method  string  // calls that it hits: a SOAP method (PowerOnVM_Task), "PUT /folder/" for the beginning of a path, or * for all
	Task    string  // or a task (VirtualMachine.powerOn) or a guest's doing (guest.boot, guest.address, guest.shutdown, guest.question, guest.customization)
	Since   string  // a call; others pass until there was one of this after the rule was ordered
	Skip    int     // how many pass first
	Times   int     // how many are hit then; 0 for all
	Each    bool    // whether Skip and Times are counted for each method on its own
	Seconds float64 // delay of an answer or a task; a task with less than 0 never ends
	Status  int     // HTTP status of the answer
	Drop    bool    // cut the connection before anything is done
	Lost    bool    // cut it when all is done
	Expire  bool    // end all sessions first
	Fault   string  // the vim25 fault that the call or the task ends in
	Message string
	Choices []string // guest.question asks Message, with these answers, when a VM is powered on
	since   int
	hits    map[string]int
}

type record struct {
	sync.Mutex
	rules []*rule
	calls []string
}

var (
	known    record
	envelope = regexp.MustCompile(`<(?:\w+:)?Body[^>]*>\s*<(?:\w+:)?(\w+)`)
)

func (l *record) order(one *rule) {
	l.Lock()
	defer l.Unlock()
	one.since, one.hits = len(l.calls), map[string]int{}
	l.rules = append(l.rules, one)
}

func (l *record) forget() {
	l.Lock()
	defer l.Unlock()
	l.rules, l.calls = nil, nil
}

func (l *record) called(name string) {
	l.Lock()
	defer l.Unlock()
	l.calls = append(l.calls, name)
}

// first is the first rule that hits what is told; it is counted.
func (l *record) first(name string, concerns func(*rule) bool) *rule {
	l.Lock()
	defer l.Unlock()
	for _, one := range l.rules {
		if !concerns(one) || one.Since != "" && !contains(l.calls[one.since:], one.Since) {
			continue
		}
		key := ""
		if one.Each {
			key = name
		}
		one.hits[key]++
		if one.hits[key] > one.Skip && (one.Times == 0 || one.hits[key] <= one.Skip+one.Times) {
			return one
		}
	}
	return nil
}

func contains(calls []string, name string) bool {
	for _, call := range calls {
		if matches(name, call) {
			return true
		}
	}
	return false
}

func matches(method, name string) bool {
	return method == "*" || method == name || strings.Contains(method, " ") && strings.HasPrefix(name, method)
}

func faultNamed(name string) types.BaseMethodFault {
	if kind, ok := types.TypeFunc()(name); ok {
		fault, _ := reflect.New(kind).Interface().(types.BaseMethodFault)
		return fault
	}
	return nil
}

// ask tells the simulator what was ordered for a task or a guest.
func ask(event string) *simulator.RigOrder {
	one := known.first(event, func(r *rule) bool { return r.Task == event })
	if one == nil {
		return nil
	}
	return &simulator.RigOrder{Seconds: one.Seconds, Fault: faultNamed(one.Fault), Message: one.Message, Choices: one.Choices}
}

// callName is the SOAP method, or the HTTP method with the path.
func callName(r *http.Request) string {
	if r.URL.Path == "/sdk" || r.URL.Path == "/pbm" {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if found := envelope.FindSubmatch(body); found != nil {
			return string(found[1])
		}
	}
	name := r.Method + " " + r.URL.Path
	if action := r.URL.Query().Get("~action") + r.URL.Query().Get("action"); action != "" {
		name += " " + action
	}
	return name
}

// faults stands before the simulator.
func faults(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/rig/") {
			orders.ServeHTTP(w, r)
			return
		}
		name := callName(r)
		one := known.first(name, func(r *rule) bool { return r.Task == "" && matches(r.Method, name) })
		known.called(name)
		if one == nil {
			next.ServeHTTP(w, r)
			return
		}
		if one.Expire {
			simulator.RigExpireSessions()
			vapi.RigExpireSessions()
		}
		time.Sleep(time.Duration(one.Seconds * float64(time.Second)))
		switch {
		case one.Drop:
			panic(http.ErrAbortHandler)
		case one.Lost:
			next.ServeHTTP(newDiscarded(), r)
			panic(http.ErrAbortHandler)
		case one.Fault != "":
			refuse(w, one)
		case one.Status != 0:
			http.Error(w, one.Message, one.Status)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// refuse answers a SOAP call with a fault.
func refuse(w http.ResponseWriter, one *rule) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(http.StatusInternalServerError)
	io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>`+
		`<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>`+one.Message+`</faultstring><detail><`+
		one.Fault+`Fault xmlns="urn:vim25" xsi:type="`+one.Fault+`"/></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`)
}

// discarded takes an answer that nobody gets.
type discarded struct{ header http.Header }

func newDiscarded() *discarded                      { return &discarded{http.Header{}} }
func (d *discarded) Header() http.Header            { return d.header }
func (d *discarded) Write(text []byte) (int, error) { return len(text), nil }
func (d *discarded) WriteHeader(int)                {}
