// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Reads a root module as Terraform does, with Terraform's own language: the declared variable gets its value from a file of values in JSON,
// the module below it has outputs in JSON. Prints the locals as JSON.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

var schema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "module", LabelNames: []string{"name"}},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "locals"},
}}

func must(diagnostics hcl.Diagnostics) {
	if diagnostics.HasErrors() {
		fmt.Fprintln(os.Stderr, diagnostics.Error())
		os.Exit(1)
	}
}

func attributes(body hcl.Body) hcl.Attributes {
	found, diagnostics := body.JustAttributes()
	must(diagnostics)
	return found
}

func blocks(file *hcl.File, diagnostics hcl.Diagnostics) hcl.Blocks {
	must(diagnostics)
	content, diagnostics := file.Body.Content(schema)
	must(diagnostics)
	return content.Blocks
}

func evaluated(expression hcl.Expression, context *hcl.EvalContext) cty.Value {
	value, diagnostics := expression.Value(context)
	must(diagnostics)
	return value
}

func main() {
	folder, parser := os.Args[1], hclparse.NewParser()
	variables, modules, locals := map[string]cty.Value{}, map[string]cty.Value{}, map[string]cty.Value{}
	root := blocks(parser.ParseHCLFile(filepath.Join(folder, "main.tf")))
	for _, block := range root {
		if block.Type == "variable" {
			kind, diagnostics := typeexpr.TypeConstraint(attributes(block.Body)["type"].Expr)
			must(diagnostics)
			values, diagnostics := parser.ParseJSONFile(filepath.Join(folder, block.Labels[0]+".auto.tfvars.json"))
			must(diagnostics)
			value, err := convert.Convert(evaluated(attributes(values.Body)[block.Labels[0]].Expr, nil), kind)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			variables[block.Labels[0]] = value
		}
		if block.Type == "module" {
			source, outputs := evaluated(attributes(block.Body)["source"].Expr, nil).AsString(), map[string]cty.Value{}
			for _, output := range blocks(parser.ParseJSONFile(filepath.Join(folder, source, "outputs.tf.json"))) {
				// What is a template in there fails, for there is nothing that it could mean.
				outputs[output.Labels[0]] = evaluated(attributes(output.Body)["value"].Expr, &hcl.EvalContext{})
			}
			modules[block.Labels[0]] = cty.ObjectVal(outputs)
		}
	}
	context := &hcl.EvalContext{Variables: map[string]cty.Value{"var": cty.ObjectVal(variables), "module": cty.ObjectVal(modules)}}
	for _, block := range root {
		if block.Type == "locals" {
			for name, attribute := range attributes(block.Body) {
				locals[name] = evaluated(attribute.Expr, context)
			}
		}
	}
	all := cty.ObjectVal(locals)
	text, err := ctyjson.Marshal(all, all.Type())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(text))
}
