// What a part of a client's link has around it, without a link: trunks in states of the test's choice, and what is sent
// and reported.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "runtime/system_random.hpp"
#include "session/link_context.hpp"
#include "session/offered_services.hpp"
#include "unit/runtime/loop.hpp"

namespace ferrotunnel::session::test {

/// All of it lives on `worker`, where run() runs a step; both trunks are open.
struct LinkParts {
    LinkParts() {
        shared->servers = {{"127.0.0.1", 1}};
        shared->log = &null_logger();
        shared->random = &runtime::system_random();
        open(0);
        open(1);
    }
    ~LinkParts() { end(); }
    /// To be called before parts go that are used on the worker.
    void end() {
        worker.stop();
        worker.join();
    }

    void open(std::size_t place) {
        trunks.at(place).phase = TrunkState::Phase::open;
        trunks.at(place).server = {"127.0.0.1", 1};
        trunks.at(place).features = ~std::uint64_t{0};
        trunks.at(place).login = ++logins;
    }
    /// The worker begins with the first step, when all parts have been made.
    template <typename Step>
    auto run(Step step) {
        if (!std::exchange(has_begun, true)) {
            worker.start();
        }
        return runtime::test::on(worker, std::move(step));
    }
    static backend::ClientService described(std::uint32_t id, wire::ServiceKind kind, std::string name) {
        backend::ClientService service;
        service.id = id;
        service.kind = kind;
        service.name = std::move(name);
        return service;
    }
    void record(std::size_t place, const wire::ControlPayload& payload) {
        const auto message = wire::decode_control(payload);
        REQUIRE(message);
        sent.emplace_back(place, *message);
    }
    /// The messages of this kind, each with the place of its trunk.
    template <typename Message>
    std::vector<std::pair<std::size_t, Message>> sent_as() const {
        std::vector<std::pair<std::size_t, Message>> all;
        for (const auto& [place, message] : sent) {
            if (const auto* one = std::get_if<Message>(&message)) {
                all.emplace_back(place, *one);
            }
        }
        return all;
    }
    std::vector<LinkNotice::Kind> kinds() const {
        std::vector<LinkNotice::Kind> all;
        for (const LinkNotice& notice : notices) {
            all.push_back(notice.kind);
        }
        return all;
    }

    bool has_begun = false;
    runtime::Worker worker;
    const std::shared_ptr<ClientShared> shared = std::make_shared<ClientShared>();
    LinkPhase phase = LinkPhase::up;
    TrunkStates trunks{2};
    OfferedServices services{2};
    std::uint64_t logins = 0;
    std::vector<std::pair<std::size_t, wire::ControlMessage>> sent;
    std::vector<LinkNotice> notices;
    const LinkContext at{worker, shared, phase, trunks,
                         [this](const LinkNotice& notice) { notices.push_back(notice); }};
};

}  // namespace ferrotunnel::session::test
