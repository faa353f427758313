// SPDX-FileCopyrightText: 2026 golden.images contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// groovy read_pipeline.groovy JENKINSFILE: prints a declarative pipeline as JSON and runs nothing of it.
// Groovy 2.4 is the one in Jenkins. A section, option or step that Jenkins does not know in that place is an error.

import groovy.json.JsonOutput

class Known {
    static final Map<String, Set<String>> INSIDE = [
        pipeline: ['agent', 'environment', 'options', 'parameters', 'post', 'stages', 'tools', 'triggers'],
        agent: ['label', 'docker', 'dockerfile', 'kubernetes', 'node'],
        options: ['ansiColor', 'buildDiscarder', 'disableConcurrentBuilds', 'disableResume', 'retry', 'skipDefaultCheckout', 'timeout', 'timestamps'],
        triggers: ['cron', 'githubPush', 'pollSCM', 'upstream'],
        environment: ['credentials'],
        stages: ['stage'],
        stage: ['agent', 'environment', 'options', 'post', 'steps', 'tools', 'when'],
        when: ['allOf', 'anyOf', 'branch', 'buildingTag', 'changeRequest', 'environment', 'not', 'tag', 'triggeredBy'],
        post: ['aborted', 'always', 'changed', 'cleanup', 'failure', 'fixed', 'regression', 'success', 'unstable', 'unsuccessful'],
        steps: ['archiveArtifacts', 'echo', 'junit', 'sh', 'stash', 'timeout', 'unstash'],
    ].collectEntries { name, names -> [name, names as Set] }
    static final Set<String> VARIABLES = ['BUILD_NUMBER', 'PATH', 'WORKSPACE']

    static final Map<String, String> KINDS = [timeout: 'steps', allOf: 'when', anyOf: 'when', not: 'when'] + INSIDE.post.collectEntries { [it, 'steps'] }

    static String kindOf(String name) {
        KINDS[name] ?: name
    }
}

class Section {
    String kind
    List found = []

    static List read(String kind, Closure body) {
        def section = new Section(kind: kind)
        body.delegate = section
        body.resolveStrategy = Closure.DELEGATE_ONLY
        body()
        section.found
    }

    def methodMissing(String name, Object given) {
        if (!Known.INSIDE[kind]?.contains(name)) {
            throw new IllegalArgumentException("$name is nothing that Jenkins knows in $kind")
        }
        def arguments = (given as List)
        def body = arguments && arguments.last() instanceof Closure ? arguments.removeAt(arguments.size() - 1) : null
        if (kind == 'environment') {
            return "$name ${arguments.join(' ')}"
        }
        found << [name: name, arguments: arguments, inside: body == null ? [] : read(Known.kindOf(name), body)]
    }

    def propertyMissing(String name) {
        if (!Known.VARIABLES.contains(name)) {
            throw new IllegalArgumentException("$name is no variable of Jenkins")
        }
        "\$$name"
    }

    def propertyMissing(String name, Object value) {
        if (kind != 'environment') {
            throw new IllegalArgumentException("$name is set in $kind, where nothing can be set")
        }
        found << [name: name, arguments: [value.toString()], inside: []]
    }
}

def read = { Closure body -> println JsonOutput.toJson(Section.read('pipeline', body)) }
new GroovyShell(new Binding(pipeline: read)).evaluate(new File(args[0]))
