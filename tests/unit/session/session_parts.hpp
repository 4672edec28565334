// What a part of a session has around it, without a session: facts, an executor, a trunk in the directory, and what it
// sends.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "session/service_registration.hpp"
#include "unit/session/server_rig.hpp"

namespace ferrotunnel::session::test {

/// Carries ports and hosts in the place of a session, and is admitted as one.
class PartsTrunk final : public directory::VisitorCarrier,
                         public directory::HttpCarrier,
                         public directory::SessionHandle {
public:
    explicit PartsTrunk(runtime::Worker& worker) : worker_(worker) {}

    std::uint64_t load() const noexcept override { return 0; }
    void take(directory::Visitor, std::uint32_t) override {}
    void take(directory::TlsVisitor, std::uint32_t) override {}
    void dropped(const std::shared_ptr<directory::SharedPort>&) noexcept override {}
    void dropped(const std::shared_ptr<directory::HttpService>&) noexcept override {}
    runtime::Worker& worker() noexcept override { return worker_; }
    void open(std::uint32_t, const directory::HttpVisitor&, IntrusivePtr<buffer::Waker>, bool, Opened) override {}
    void evict(wire::Code, std::string, std::function<void()> released) override { released(); }
    void probe(std::function<void(bool)> answer) override { answer(true); }

private:
    runtime::Worker& worker_;
};

/// All of it lives on `worker`, where run() runs a step; the session is admitted.
struct SessionParts {
    SessionParts() {
        facts.token_name = "one";
        facts.secret = token.id;
        facts.client = {token.id, {7}};
        facts.agreement.session = "s1";
        facts.agreement.features = ~std::uint64_t{0};
        worker.start();
    }
    ~SessionParts() {
        worker.stop();
        worker.join();
        table.close_all();
        shared->registry->remove(facts.key);
        shared->ports->end();
    }

    void admit() {
        directory::SessionInfo info;
        info.key = facts.key;
        info.token = facts.client.first;
        info.instance = facts.client.second;
        REQUIRE(std::holds_alternative<directory::Admitted>(shared->registry->admit(info, carrier)));
    }
    template <typename Step>
    auto run(Step step) {
        return runtime::test::on(worker, std::move(step));
    }
    static wire::Service described(std::uint32_t id, wire::ServiceKind kind) {
        wire::Service service;
        service.id = id;
        service.kind = kind;
        service.name = "web";
        return service;
    }
    /// The refusals that were sent.
    std::vector<wire::Refused> refused() const {
        std::vector<wire::Refused> all;
        for (const wire::ControlPayload& payload : sent) {
            const auto message = wire::decode_control(payload);
            if (const auto* one = message ? std::get_if<wire::Refused>(&*message) : nullptr) {
                all.push_back(*one);
            }
        }
        return all;
    }
    /// The services that were confirmed.
    std::vector<wire::RegisteredService> registered() const {
        std::vector<wire::RegisteredService> all;
        for (const wire::ControlPayload& payload : sent) {
            const auto message = wire::decode_control(payload);
            if (const auto* one = message ? std::get_if<wire::Registered>(&*message) : nullptr) {
                all.insert(all.end(), one->services.begin(), one->services.end());
            }
        }
        return all;
    }

    const login::Token token = new_token();
    const std::shared_ptr<ServerShared> shared = shared_by_sessions(token);
    runtime::Worker worker;
    const std::shared_ptr<PartsTrunk> carrier = std::make_shared<PartsTrunk>(worker);
    SessionFacts facts{shared->registry->new_key(), loopback(4711)};
    const SessionContext at{worker, shared, facts};
    const SessionExecutor executor{worker.mailbox(), [this] { return carrier; }, [](StepRef step) { step(); }};
    SharedView view;
    std::vector<wire::ControlPayload> sent;
    std::optional<directory::Refusal> refuses_any;
    bool ended = false;
    const SessionRights rights{at};
    const ServiceKinds kinds{
        ServiceKindNeeds{at, rights, executor, *carrier, *carrier, make_intrusive<trunk::Traffic>()}};
    ServiceTable table{ServiceTable::Needs{at, kinds, view, nullptr}};
    ServiceReplies replies{ServiceReplies::Needs{
        at, table, kinds, view, nullptr, [this](const wire::ControlPayload& payload) { sent.push_back(payload); },
        [] { return std::weak_ptr<ServerSession>(); }}};
    HandoverQueue handover_queue{HandoverQueue::Needs{at, executor, table, kinds, replies, [this] { return ended; }}};
    ClusterGrants grants{ClusterGrants::Needs{
        at, executor, table, [this](const std::function<void(bool)>& answer) { carrier->probe(answer); },
        [this](std::uint32_t id, const directory::Refusal& refusal) { replies.revoke(id, refusal); }}};
    ServiceRegistration registration{
        ServiceRegistration::Needs{at, executor, rights, table, kinds, replies, handover_queue, grants, nullptr,
                                   [this] { return refuses_any; }, [this] { return ended; }}};
};

}  // namespace ferrotunnel::session::test
