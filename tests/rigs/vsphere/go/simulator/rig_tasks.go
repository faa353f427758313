// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package simulator

import (
	"reflect"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CreateTask leaves out an entity that is none, such as the file manager: clients refuse it.
func CreateTask(e mo.Reference, name string, execute func(*Task) (types.AnyType, types.BaseMethodFault)) *Task {
	task := stockCreateTask(e, name, execute)
	task.owner, task.cancel = e.Reference(), make(chan struct{})
	if _, entity := Map.Get(task.owner).(mo.Entity); !entity {
		task.Info.Entity = nil
	}
	return task
}

// Run does what the task is for, at once or, where that is ordered, later or never.
func (t *Task) Run() types.ManagedObjectReference {
	order := rigAsk(t.Info.DescriptionId)
	if t.goOn == nil && (order == nil || order.Seconds == 0) {
		t.finish(order)
		return t.Self
	}
	Map.Update(t, []types.PropertyChange{
		{Name: "info.startTime", Val: time.Now()},
		{Name: "info.state", Val: types.TaskInfoStateRunning},
		{Name: "info.cancelable", Val: true},
		{Name: "info.progress", Val: int32(10)},
	})
	go t.later(order)
	return t.Self
}

func (t *Task) later(order *RigOrder) {
	var end <-chan time.Time
	if order != nil && order.Seconds > 0 {
		end = time.After(time.Duration(order.Seconds * float64(time.Second)))
	}
	select {
	case <-t.cancel:
		t.end(nil, new(types.RequestCanceled), "The task was canceled by a user.")
		return
	case <-t.goOn:
	case <-end:
	}
	if owner := Map.Get(t.owner); owner != nil {
		Map.WithLock(owner, func() { t.finish(order) })
	} else {
		t.end(nil, &types.ManagedObjectNotFound{Obj: t.owner}, "")
	}
}

// finish runs the task to its end.
func (t *Task) finish(order *RigOrder) {
	if order != nil && order.Fault != nil {
		t.end(nil, order.Fault, order.Message)
		return
	}
	Map.Update(t, []types.PropertyChange{{Name: "info.startTime", Val: time.Now()}, {Name: "info.state", Val: types.TaskInfoStateRunning}})
	res, fault := t.Execute(t)
	t.end(res, fault, "")
}

func (t *Task) end(res types.AnyType, fault types.BaseMethodFault, message string) {
	state := types.TaskInfoStateSuccess
	var told interface{}
	if fault != nil {
		state = types.TaskInfoStateError
		if message == "" {
			message = reflect.TypeOf(fault).Elem().Name()
		}
		told = types.LocalizedMethodFault{Fault: fault, LocalizedMessage: message}
	}
	Map.Update(t, []types.PropertyChange{
		{Name: "info.completeTime", Val: time.Now()},
		{Name: "info.cancelable", Val: false},
		{Name: "info.result", Val: res},
		{Name: "info.error", Val: told},
		{Name: "info.state", Val: state},
	})
}

// CancelTask ends a task that an order made wait.
func (t *Task) CancelTask(req *types.CancelTask) soap.HasFault {
	body := new(methods.CancelTaskBody)
	if !t.Info.Cancelable || t.Info.Cancelled {
		body.Fault_ = Fault("", new(types.InvalidState))
		return body
	}
	Map.Update(t, []types.PropertyChange{{Name: "info.cancelled", Val: true}})
	close(t.cancel)
	body.Res = new(types.CancelTaskResponse)
	return body
}
