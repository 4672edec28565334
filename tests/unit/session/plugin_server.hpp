// A server whose sessions ask a plugin, which the test tells what to decide.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/session_plugins.hpp"
#include "support/recording_logger.hpp"
#include "unit/session/server_rig.hpp"

namespace ferrotunnel::session::test {

/// What the plugin was asked, what it is to decide, and the decisions that it owes.
class Desk {
public:
    enum class Say : std::uint8_t { go_on, refuse, later };

    std::atomic<Say> login{Say::go_on};
    std::atomic<Say> registration{Say::go_on};
    std::atomic<Say> connect{Say::go_on};
    std::atomic<std::uint64_t> first_byte_ms{1'000};  // of HTTP services
    runtime::test::Signal logins;
    runtime::test::Signal registrations;
    runtime::test::Signal visitors;
    runtime::test::Signal closed;

    void note(std::string line) {
        const std::lock_guard lock(mutex_);
        seen_.push_back(std::move(line));
    }
    std::vector<std::string> seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    template <typename Subject>
    void owe(plugin::LaterOf<Subject> later) {
        const std::lock_guard lock(mutex_);
        auto shared = std::make_shared<plugin::LaterOf<Subject>>(std::move(later));
        owed_.emplace_back([shared](plugin::Decision decision) { std::move(*shared).decide(std::move(decision)); });
    }
    /// Decides what it has owed for longest. On the test's thread, which no session has heard of.
    void decide(plugin::Decision decision) {
        std::function<void(plugin::Decision)> first;
        {
            const std::lock_guard lock(mutex_);
            REQUIRE_FALSE(owed_.empty());
            first = std::move(owed_.front());
            owed_.erase(owed_.begin());
        }
        first(std::move(decision));
    }
    /// Lets all handles go.
    void let_go() {
        decltype(owed_) all;
        const std::lock_guard lock(mutex_);
        all.swap(owed_);
    }

private:
    std::mutex mutex_;
    std::vector<std::string> seen_;
    std::vector<std::function<void(plugin::Decision)>> owed_;
};

class Clerk final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "clerk", .version = "1", .guard = true};
    static inline Desk* desk = nullptr;

    plugin::Decision on_login(plugin::Login& login) override {
        desk->note("login " + std::string(login.token()) + " " + std::to_string(login.connection()));
        return said(desk->login, desk->logins, login);
    }
    plugin::Decision on_register(plugin::Registration& wanted) override {
        desk->note("register " + std::string(wanted.kind()) + " " + std::string(wanted.host()));
        if (wanted.kind() == "http") {
            wanted.set_hosts({"given.test"});
            wanted.set_limit(plugin::Limit::first_byte_ms, desk->first_byte_ms);
        }
        wanted.set_note("plan", "small");
        return said(desk->registration, desk->registrations, wanted);
    }
    plugin::Decision on_connect(plugin::Visitor& visit) override {
        desk->note("connect " + std::string(visit.address()) + " " + std::string(visit.host()) + " " +
                   std::string(visit.note("plan")));
        return said(desk->connect, desk->visitors, visit);
    }
    void on_visit_close(plugin::Visitor&, const plugin::VisitOutcome& outcome) override {
        using End = plugin::VisitOutcome::End;
        desk->note("close " +
                   std::string(outcome.end == End::served    ? "served"
                               : outcome.end == End::refused ? "refused"
                                                             : "unserved") +
                   " " + std::to_string(outcome.received_bytes) + " " + std::to_string(outcome.sent_bytes));
        desk->closed.tell();
    }

private:
    template <typename Subject>
    static plugin::Decision said(Desk::Say say, runtime::test::Signal& asked, Subject& subject) {
        const struct Told {
            runtime::test::Signal& asked;
            ~Told() { asked.tell(); }
        } told{asked};
        switch (say) {
            case Desk::Say::refuse:
                return plugin::Decision::refuse("not today");
            case Desk::Say::later:
                return subject.later([](auto later) { desk->owe(std::move(later)); });
            case Desk::Say::go_on:
                break;
        }
        return plugin::Decision::go_on();
    }
};

/// The instances outlive the rig, whose workers may hold some to their end.
class PluginServer {
public:
    /// The times are long: no test is to fail because its machine is busy.
    explicit PluginServer(std::size_t workers = 1, plugin::WaitSettings waits = {std::chrono::seconds(60), 1'024},
                          bool closed = true)
        : plugins_(std::make_shared<plugin::SessionPlugins>(waits)), rig(workers) {
        Clerk::desk = &desk;
        auto prepared = plugin::prepare(&plugin::library<Clerk>, {}, {}, {});
        REQUIRE(prepared);
        auto made = instances.make(*prepared, {"", closed, false});
        REQUIRE(made);
        auto chain = std::make_shared<plugin::Chain>();
        chain->instances.push_back(*made);
        plugins_->set_chain(std::move(chain));
        rig.shared->hooks = plugins_;
        rig.shared->log = &log;
        rig.shared->handshake_deadline = std::chrono::seconds(60);
    }
    ~PluginServer() {
        desk.let_go();
        rig.stop();
        plugins_->set_chain(nullptr);
    }
    PluginServer(const PluginServer&) = delete;
    PluginServer& operator=(const PluginServer&) = delete;

    Desk desk;
    ferrotunnel::test::RecordingLogger log;
    plugin::Instances instances{log};

private:
    std::shared_ptr<plugin::SessionPlugins> plugins_;

public:
    ServerRig rig;
};

}  // namespace ferrotunnel::session::test
