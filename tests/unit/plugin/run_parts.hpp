// The parts of a run, without a run: instances, a request, and the position, which the test sets.
#pragma once

#include <memory>
#include <string>

#include "plugin/body_collection.hpp"
#include "plugin/body_run.hpp"
#include "plugin/exchange_heads.hpp"
#include "plugin/exchange_notes.hpp"
#include "plugin/instance_selection.hpp"
#include "plugin/run_context.hpp"
#include "plugin/run_texts.hpp"
#include "unit/plugin/run_rig.hpp"

namespace ferrotunnel::test {

/// A plugin without hooks: tests of parts call what its hooks would.
class NoHooks final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "none", .version = "1"};
};

/// What a run has around its parts. `rig` has the instances, and outlives this.
struct RunParts {
    explicit RunParts(PluginRig& rig, const std::string& start = "POST /a?b=c", const std::string& fields = "")
        : chain(make_intrusive<plugin::WorkerChain>(std::make_shared<plugin::Chain>(rig.chain), rig.waits, rig.mailbox,
                                                    make_intrusive<plugin::WorkerState>(rig.waits))),
          info(rig.info),
          request(start + " HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n") {}

    /// The hook of an instance runs.
    void enter(plugin::RunPhase phase, std::size_t instance = 0) {
        position.phase = phase;
        position.current = instance;
    }
    /// No hook runs.
    void leave() { position.current = plugin::RunPosition::none; }
    /// There is a response with these fields.
    void respond(const std::string& fields = "", std::uint16_t status = 200) {
        response = std::make_unique<ParsedResponse>("HTTP/1.1 " + std::to_string(status) + " Is\r\n" + fields + "\r\n");
        position.answer = {status, hooks::Origin::backend, &response->head().fields, &edge};
        enter(plugin::RunPhase::response);
    }
    plugin::InScope scope() const { return chain->scopes.find(info.host, info.service, request.head().target.path); }

    const IntrusivePtr<plugin::WorkerChain> chain;
    hooks::RequestInfo info;
    plugin::RunPosition position;
    const plugin::RunContext at{*chain, info, position};
    const ParsedRequest request;
    std::unique_ptr<ParsedResponse> response;
    http::Edits edge;  // the edge's own, of the response
    plugin::RunTexts texts;
    plugin::ExchangeHeads heads{at, request.head(), texts};
    plugin::ExchangeNotes notes{info.notes, texts};
    plugin::InstanceSelection selection{at, heads, notes, scope(), request.head().body};
    plugin::BodyRun bodies{at};
    plugin::BodyCollection collection{at, request.head().body};
};

/// A rig with so many instances that do nothing.
struct PartsRig : PluginRig {
    explicit PartsRig(const std::vector<plugin::InstanceOptions>& options = {{}}) {
        for (const plugin::InstanceOptions& each : options) {
            add<NoHooks>(each);
        }
    }
};

}  // namespace ferrotunnel::test
