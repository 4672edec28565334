// A chain of plugins and one question of a session's phase, without a session: the test asks, and delivers the mail.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "plugin/session_plugins.hpp"
#include "plugin/token_lookup.hpp"
#include "unit/plugin/run_rig.hpp"

namespace ferrotunnel::test {

class SessionRig : public hooks::SessionRunOwner {
public:
    explicit SessionRig(plugin::WaitSettings waits = {}) : plugins(waits) {}

    template <typename Class>
    void add(plugin::InstanceOptions options = {}) {
        chain.add<Class>(std::move(options));
        plugins.set_chain(std::make_shared<plugin::Chain>(chain.chain));
    }
    std::unique_ptr<hooks::SessionRun> begin(hooks::SessionPhase phase) {
        hooks::Subject subject;
        subject.client = client;
        subject.notes = notes;
        if (phase != hooks::SessionPhase::login) {
            subject.service = service;
        }
        if (phase == hooks::SessionPhase::connect) {
            subject.address = visitor;
            subject.port = 40'000;
            subject.host = "app.test";
        }
        return plugins.begin(phase, std::move(subject), *this, chain.mailbox);
    }
    void visit() { begin_run(hooks::SessionPhase::connect); }
    void login() { begin_run(hooks::SessionPhase::login); }
    void registration() { begin_run(hooks::SessionPhase::registration); }
    hooks::Step ask() { return run->ask(now); }
    void close(hooks::VisitOutcome outcome = {}) {
        run->close(outcome);
        run.reset();
    }
    int deliver() {
        const int before = decisions;
        chain.mailbox->deliver_all();
        return decisions - before;
    }

    void on_decision() noexcept override { ++decisions; }

    PluginRig chain;  // for its instances, log and mailbox
    plugin::SessionPlugins plugins;
    std::shared_ptr<hooks::ClientFacts> client = std::make_shared<hooks::ClientFacts>(hooks::ClientFacts{
        "00ff", "laptop", "team", "agent/1", "198.51.100.9", 50'000, 1, 2, 3, {{"floor", "2"}, {"site", "barn"}}});
    std::shared_ptr<hooks::ServiceFacts> service = std::make_shared<hooks::ServiceFacts>(
        hooks::ServiceFacts{"web", "http", 8'080, {"a.test", "b.test"}, "/api", "127.0.0.1", "blue"});
    hooks::SharedNotes notes;
    std::string visitor = "192.0.2.7";  // the address of the next visit
    TimePoint now{std::chrono::hours(1)};
    int decisions = 0;
    std::unique_ptr<hooks::SessionRun> run;

private:
    void begin_run(hooks::SessionPhase phase) {
        run = begin(phase);
        REQUIRE(run);
    }
};

}  // namespace ferrotunnel::test
