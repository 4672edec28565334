// Registration by itself: what is requested on which trunk, and what the user learns.
#include "session/client_registration.hpp"

#include "unit/session/link_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using Kind = wire::ServiceKind;
using Notice = LinkNotice::Kind;

namespace {

struct RegistrationParts : LinkParts {
    explicit RegistrationParts(bool counts_attempts = false)
        : registration({at, services,
                        [this](std::size_t place, const std::vector<wire::ControlPayload>& messages) {
                            for (const wire::ControlPayload& message : messages) {
                                record(place, message);
                            }
                        },
                        [this](std::size_t place, const wire::ControlPayload& message) { record(place, message); },
                        [](OfferedService&) {}, [](std::size_t, const OfferedService&) {}, counts_attempts},
                       Backoff::Settings()) {}
    ~RegistrationParts() {
        run([&] { registration.stop(); });
        end();
    }

    /// Ids of the services that were requested on the trunk so far, in order.
    std::vector<std::uint32_t> requested(std::size_t place) const {
        std::vector<std::uint32_t> ids;
        for (const auto& [at_place, message] : sent_as<wire::Register>()) {
            for (const wire::Service& service : message.services) {
                if (at_place == place) {
                    ids.push_back(service.id);
                }
            }
        }
        return ids;
    }
    static wire::RegisteredService accepted(std::uint32_t id, std::uint16_t port) {
        wire::RegisteredService answer;
        answer.id = id;
        answer.port = port;
        answer.address = "127.0.0.1:" + std::to_string(port);
        return answer;
    }

    ClientRegistration registration;
};

}  // namespace

TEST_CASE("client registration: a service is requested on one trunk, then on the others, with what it got there") {
    RegistrationParts parts;
    parts.run([&] {
        parts.registration.add(LinkParts::described(1, Kind::tcp, "web"));
        CHECK(parts.requested(0) == std::vector<std::uint32_t>{1});
        CHECK(parts.requested(1).empty());
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 4711));
        CHECK(parts.requested(1) == std::vector<std::uint32_t>{1});
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).remote_port == 4711);
        parts.registration.on_registered(1, RegistrationParts::accepted(1, 4711));
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered});
        CHECK(parts.notices.back().endpoint == "127.0.0.1:4711");
    });
}

TEST_CASE("client registration: another address of a registered service is reported once") {
    RegistrationParts parts;
    parts.run([&] {
        const wire::RegisteredService plain{1, 8080, "http://app.example.com:8080"};
        const wire::RegisteredService secure{1, 443, "https://app.example.com"};
        parts.registration.add(LinkParts::described(1, Kind::http, "web"));
        parts.registration.on_address(0, secure);  // crossed the request
        CHECK(parts.notices.empty());
        parts.registration.on_registered(0, plain);
        parts.registration.on_address(1, secure);  // this trunk has not answered
        CHECK(parts.notices.size() == 1);
        parts.registration.on_registered(1, plain);
        parts.registration.on_address(0, secure);
        parts.registration.on_address(1, secure);
        parts.registration.on_address(1, {2, 443, "https://unknown.example.com"});
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered, Notice::registered});
        CHECK(parts.notices.back().endpoint == "https://app.example.com");
        CHECK(parts.notices.back().port == 443);
        CHECK(parts.requested(0) == std::vector<std::uint32_t>{1});
    });
}

TEST_CASE("client registration: servers that cannot listen on a port are reported once, and when they can again") {
    RegistrationParts parts;
    parts.run([&] {
        const auto at = [](const std::string& members) {
            wire::RegisteredService answer = RegistrationParts::accepted(1, 4711);
            answer.not_at = members;
            return answer;
        };
        parts.registration.add(LinkParts::described(1, Kind::tcp, "ssh"));
        parts.registration.on_registered(0, at(""));
        CHECK(parts.notices.back().text.empty());
        parts.registration.on_address(0, at("b (Address already in use)"));
        parts.registration.on_registered(1, at("b (Address already in use)"));
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered, Notice::registered});
        CHECK(parts.notices.back().text == "b (Address already in use)");
        CHECK(parts.notices.back().endpoint == "127.0.0.1:4711");
        CHECK(parts.notices.back().port == 4711);
        parts.registration.on_address(1, at(""));
        CHECK(parts.kinds().size() == 3);
        CHECK(parts.notices.back().text.empty());
    });
}

TEST_CASE("client registration: a service whose first answer names servers without its port is registered") {
    RegistrationParts parts;
    parts.run([&] {
        wire::RegisteredService answer = RegistrationParts::accepted(1, 4711);
        answer.not_at = "c (Permission denied)";
        parts.registration.add(LinkParts::described(1, Kind::tcp, "ssh"));
        parts.registration.on_registered(0, answer);
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered});
        CHECK(parts.notices.back().text == "c (Permission denied)");
    });
}

TEST_CASE("client registration: only HTTP services get other addresses") {
    RegistrationParts parts;
    parts.run([&] {
        parts.registration.add(LinkParts::described(1, Kind::tcp, "ssh"));
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 4711));
        parts.registration.on_address(0, RegistrationParts::accepted(1, 4712));
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered});
        CHECK(parts.services.find(1)->port == 4711);
    });
}

TEST_CASE("client registration: what only a lost trunk carried is requested on another, and is unreachable meanwhile") {
    RegistrationParts parts;
    parts.run([&] {
        parts.registration.add(LinkParts::described(1, Kind::tcp, "web"));
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 4711));
        parts.registration.on_refused(1, {1, wire::Code::refused, "no room"});
        parts.trunks.at(0).phase = TrunkState::Phase::idle;
        parts.services.forget_trunk(0);
        parts.services.forget_trunk(1);
        parts.registration.register_lost();
        CHECK(parts.requested(1) == std::vector<std::uint32_t>{1, 1});
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered, Notice::unreachable});
    });
}

TEST_CASE("client registration: a rejection that is known is reported again only to those who count attempts") {
    const bool counts = GENERATE(false, true);
    RegistrationParts parts(counts);
    parts.run([&] {
        auto service = LinkParts::described(1, Kind::tcp, "web");
        service.remote_port = 80;
        parts.registration.add(std::move(service));
        parts.registration.on_refused(0, {1, wire::Code::refused, "taken"});
        parts.registration.on_refused(0, {1, wire::Code::refused, "taken"});
        CHECK(parts.notices.size() == (counts ? 2 : 1));
        CHECK(parts.notices.front().retry_in > Duration::zero());
    });
}

TEST_CASE("client registration: a port that the server chose and another has now is given up for any other") {
    RegistrationParts parts;
    parts.run([&] {
        parts.registration.add(LinkParts::described(1, Kind::tcp, "web"));
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 4711));
        parts.services.forget_trunk(0);
        parts.services.forget_trunk(1);
        parts.registration.register_all(0);
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).remote_port == 4711);
        parts.registration.on_refused(0, {1, wire::Code::refused, "taken"});
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).remote_port == 0);
        CHECK(parts.kinds() == std::vector<Notice>{Notice::registered});
    });
}

TEST_CASE("client registration: twins are reported when both are registered, and a rejected one withdraws the other") {
    RegistrationParts parts;
    const bool is_accepted = GENERATE(true, false);
    parts.run([&] {
        parts.registration.add(LinkParts::described(1, Kind::tcp, "dns"));
        auto udp = LinkParts::described(2, Kind::udp, "dns-udp");
        udp.with = "dns";
        parts.registration.add(std::move(udp));
        CHECK(parts.requested(0) == std::vector<std::uint32_t>{1});
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 53));
        CHECK(parts.requested(0) == std::vector<std::uint32_t>{1, 2});
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).remote_port == 53);
        CHECK(parts.notices.empty());
        if (is_accepted) {
            parts.registration.on_registered(0, RegistrationParts::accepted(2, 53));
            CHECK(parts.kinds() == std::vector<Notice>{Notice::registered, Notice::registered});
        } else {
            parts.registration.on_refused(0, {2, wire::Code::refused, "taken"});
            CHECK(parts.kinds() == std::vector<Notice>{Notice::refused, Notice::refused});
            CHECK(parts.sent_as<wire::Unregister>().size() == 2);  // of the first one, on both trunks
        }
    });
}

TEST_CASE("client registration: several services of a number whose twin is off are replaced at once") {
    RegistrationParts parts;
    parts.run([&] {
        const auto udp = [](std::uint32_t id, const std::string& name) {
            auto service = LinkParts::described(id, Kind::udp, name);
            service.with = "off";
            return service;
        };
        parts.registration.add(udp(1, "a"));
        parts.registration.add(udp(2, "b"));
        parts.registration.replace({{1, udp(3, "a")}, {2, udp(4, "b")}});
        CHECK(parts.services.find(1) == nullptr);
        CHECK(parts.services.find(4) != nullptr);
        CHECK(parts.requested(0).empty());
    });
}

TEST_CASE("client registration: a replacement of the same kind has what the server chose, and its health") {
    RegistrationParts parts;
    parts.run([&] {
        auto old = LinkParts::described(1, Kind::tcp, "web");
        old.health = std::make_shared<const backend::HealthCheckSettings>();
        auto next = LinkParts::described(2, Kind::tcp, "web");
        next.health = old.health;
        parts.registration.add(std::move(old));
        parts.registration.on_registered(0, RegistrationParts::accepted(1, 4711));
        parts.services.find(1)->is_checked = parts.services.find(1)->healthy = true;
        parts.registration.replace({{1, std::move(next)}});
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).remote_port == 4711);
        CHECK(parts.sent_as<wire::Register>().back().second.services.at(0).health.value().healthy);
    });
}

TEST_CASE("client registration: what the server's version does not have is rejected here, in a later round") {
    RegistrationParts parts;
    parts.run([&] {
        parts.trunks.at(0).features = 0;
        parts.trunks.at(1).phase = TrunkState::Phase::idle;
        parts.registration.add(LinkParts::described(1, Kind::udp, "dns"));
        CHECK(parts.requested(0).empty());
        CHECK(parts.notices.empty());
    });
    parts.run([&] {
        CHECK(parts.kinds() == std::vector<Notice>{Notice::refused});
        CHECK(parts.notices.back().code == wire::Code::unsupported);
    });
}

TEST_CASE("client registration: services that name what they want are requested before those that accept anything") {
    RegistrationParts parts;
    parts.run([&] {
        parts.phase = LinkPhase::idle;
        parts.registration.add(LinkParts::described(1, Kind::tcp, "any"));
        auto named = LinkParts::described(2, Kind::tcp, "named");
        named.remote_port = 80;
        parts.registration.add(std::move(named));
        CHECK(parts.requested(0).empty());
        parts.phase = LinkPhase::up;
        parts.registration.register_all(0);
        CHECK(parts.requested(0) == std::vector<std::uint32_t>{2, 1});
    });
}
