// An edge with one plugin that does with bodies what the test says.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "plugin/instance.hpp"
#include "plugin/prepared.hpp"
#include "plugin/worker_plugins.hpp"
#include "unit/ingress/edge_rig.hpp"

namespace ferrotunnel::exchange::test {

using ferrotunnel::test::RecordingLogger;
using ingress::EdgeShared;
using ingress::test::EdgeRig;
using ingress::test::eventually;
using ingress::test::expect;
using ingress::test::on;
using ingress::test::Peer;
using ingress::test::quick_settings;
using plugin::Decision;
using plugin::Exchange;
using plugin::Side;
using plugin::Text;

/// Does what the test says. The hooks run on the edge's worker.
class Bodies final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "bodies", .version = "1"};
    using Hook = std::function<Decision(Exchange&)>;
    static inline Hook request;
    static inline Hook response;
    static inline std::vector<plugin::Outcome> outcomes;  // used on the worker

    Decision on_request(Exchange& exchange) override { return request ? request(exchange) : Decision::go_on(); }
    Decision on_response(Exchange& exchange) override { return response ? response(exchange) : Decision::go_on(); }
    void on_close(Exchange&, const plugin::Outcome& outcome) override { outcomes.push_back(outcome); }
};

/// What a plugin has noted on the edge's worker.
class Noted {
public:
    void set(Text text) { add(text, true); }
    void add(Text text, bool again = false) {
        const std::lock_guard lock(mutex_);
        text_ = again ? std::string(text) : text_ + std::string(text);
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
};

/// An edge with one plugin, whose hooks the test has set before.
struct Rig {
    explicit Rig(Bodies::Hook request, Bodies::Hook response = {}, bool closed = false,
                 exchange::EdgeSettings settings = quick_settings()) {
        Bodies::request = std::move(request);
        Bodies::response = std::move(response);
        Bodies::outcomes.clear();
        auto prepared = plugin::prepare(&plugin::library<Bodies>, {}, {}, {});
        REQUIRE(prepared);
        auto made = instances.make(*prepared, {"", closed, false});
        REQUIRE(made);
        auto chain = std::make_shared<plugin::Chain>();
        chain->instances.push_back(*made);
        edge = std::make_unique<EdgeRig>(settings, false, [&](EdgeShared& shared) {
            shared.make_hooks = [this, chain](std::shared_ptr<buffer::Mailbox> mailbox) {
                auto worker = std::make_unique<plugin::WorkerPlugins>(chain, plugin::WaitSettings{}, mailbox);
                plugins = worker.get();
                return worker;
            };
        });
    }
    ~Rig() {
        edge.reset();
        Bodies::request = Bodies::response = nullptr;
    }

    Peer visit(const std::string& text) { return edge->visit(text); }
    Peer accept() { return edge->backend.accept(); }
    /// Waits until an exchange has ended, and says how.
    plugin::Outcome outcome() {
        plugin::Outcome last;
        eventually([&] {
            return on(edge->edge_worker(), [&] {
                last = Bodies::outcomes.empty() ? plugin::Outcome{} : Bodies::outcomes.back();
                return !Bodies::outcomes.empty();
            });
        });
        return last;
    }
    std::size_t collected() {
        return on(edge->edge_worker(), [&] { return plugins->collected(); });
    }

    RecordingLogger log;
    plugin::Instances instances{log};
    plugin::WorkerPlugins* plugins = nullptr;
    std::unique_ptr<EdgeRig> edge;
};

template <typename Make>
Bodies::Hook transforming(Side side, Make make) {
    return [side, make](Exchange& exchange) {
        expect(exchange.transform(side, make()), "the body may be transformed");
        return Decision::go_on();
    };
}

template <typename Then>
Bodies::Hook collecting(std::size_t max, Then then) {
    return [max, then](Exchange& exchange) { return exchange.collect(max, then); };
}

inline Decision passes(Exchange&, Text) {
    return Decision::go_on();
}

}  // namespace ferrotunnel::exchange::test
