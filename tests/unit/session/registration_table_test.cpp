// What plugins have decided on services: who asks, who waits, who joins, and what is remembered for how long.
#include "session/registration_table.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace std::chrono_literals;
using Answer = RegistrationTable::Answer;

namespace {

wire::Service service(std::uint32_t id, std::uint16_t port = 0) {
    wire::Service made;
    made.id = id;
    made.remote_port = port;
    return made;
}

RegistrationTable::Key registration_key(const wire::Service& of, std::uint8_t client = 1) {
    return {{{client}, {client}}, of.id, digest_of(of)};
}

struct RegistrationRig {
    Answer enter(RegistrationTable::Key key, directory::SessionKey trunk) {
        joined = nullptr;
        return table.enter(
            key, trunk, now, [this, trunk] { told.push_back(trunk); }, joined);
    }
    void accept(const RegistrationTable::Key& key, directory::SessionKey trunk) {
        table.accept(key, trunk, decision);
        table.registered(key, trunk);
    }

    RegistrationTable table;
    TimePoint now{1h};
    std::vector<directory::SessionKey> told;
    RegistrationTable::Decision decision = std::make_shared<const hooks::Amendments>();
    RegistrationTable::Decision joined;
};

}  // namespace

TEST_CASE("registrations: the first trunk asks, others wait, and join what was decided") {
    RegistrationRig rig;
    const auto key = registration_key(service(1));
    CHECK(rig.enter(key, 1) == Answer::ask);
    CHECK(rig.enter(key, 2) == Answer::wait);
    CHECK(rig.enter(key, 3) == Answer::wait);
    rig.accept(key, 2);  // that one does not ask
    CHECK(rig.told.empty());
    rig.accept(key, 1);
    CHECK(rig.told == std::vector<directory::SessionKey>{2, 3});
    CHECK(rig.enter(key, 2) == Answer::join);
    CHECK(rig.joined == rig.decision);
    CHECK(rig.enter(key, 3) == Answer::join);
    CHECK(rig.table.size() == 1);
}

TEST_CASE("registrations: who waits or comes before the service is registered does not join yet") {
    RegistrationRig rig;
    const auto any = registration_key(service(1));
    CHECK(rig.enter(any, 1) == Answer::ask);
    CHECK(rig.enter(any, 2) == Answer::wait);
    rig.table.accept(any, 1, rig.decision);
    CHECK(rig.enter(any, 3) == Answer::wait);
    CHECK(rig.told.empty());
    SECTION("it is registered") {
        rig.table.registered(any, 1);
    }
    SECTION("registering it has failed") {
        rig.table.leave(any, 1, rig.now);
        rig.table.registered(any, 1);
    }
    CHECK(rig.told == std::vector<directory::SessionKey>{2, 3});
    CHECK(rig.enter(any, 2) == Answer::join);
    CHECK(rig.enter(any, 3) == Answer::join);
}

TEST_CASE("registrations: another client, another id and another description are asked about by themselves") {
    RegistrationRig rig;
    CHECK(rig.enter(registration_key(service(1)), 1) == Answer::ask);
    CHECK(rig.enter(registration_key(service(1), 2), 2) == Answer::ask);
    CHECK(rig.enter(registration_key(service(2)), 1) == Answer::ask);
    CHECK(rig.enter(registration_key(service(1, 80)), 1) == Answer::ask);
    wire::Service other = service(1);
    other.metadata = "x";
    CHECK(rig.enter(registration_key(other), 1) == Answer::ask);
}

TEST_CASE("registrations: a refusal is not remembered, and whoever waited asks") {
    RegistrationRig rig;
    const auto key = registration_key(service(1));
    CHECK(rig.enter(key, 1) == Answer::ask);
    CHECK(rig.enter(key, 2) == Answer::wait);
    CHECK(rig.enter(key, 3) == Answer::wait);
    rig.table.leave(key, 3, rig.now);  // does not wait any more
    rig.table.leave(key, 1, rig.now);  // refused, or lost
    CHECK(rig.told == std::vector<directory::SessionKey>{2});
    CHECK(rig.table.size() == 0);
    CHECK(rig.enter(key, 2) == Answer::ask);
}

TEST_CASE("registrations: what was decided is kept for 60 s behind the last trunk") {
    RegistrationRig rig;
    const auto key = registration_key(service(1));
    CHECK(rig.enter(key, 1) == Answer::ask);
    rig.accept(key, 1);
    CHECK(rig.enter(key, 2) == Answer::join);
    rig.table.leave(key, 1, rig.now);
    rig.now += 1h;
    CHECK(rig.enter(key, 3) == Answer::join);
    rig.table.leave(key, 2, rig.now);
    rig.table.leave(key, 3, rig.now);
    rig.now += 59s;
    CHECK(rig.enter(key, 4) == Answer::join);
    rig.table.leave(key, 4, rig.now);
    rig.now += 60s;
    CHECK(rig.enter(key, 5) == Answer::ask);
}

TEST_CASE("registrations: a service is the same with what the server has assigned") {
    RegistrationRig rig;
    const auto any = registration_key(service(1));
    const auto first = registration_key(service(1, 5'000));
    const auto second = registration_key(service(1, 5'001));
    CHECK(rig.enter(any, 1) == Answer::ask);
    rig.accept(any, 1);
    rig.table.add_name(any, first);
    CHECK(rig.enter(first, 2) == Answer::join);
    rig.table.add_name(any, second);  // assigned again
    CHECK(rig.enter(second, 3) == Answer::join);
    CHECK(rig.enter(first, 4) == Answer::ask);
    for (const directory::SessionKey trunk : {1, 2, 3}) {
        rig.table.leave(any, trunk, rig.now);
    }
    rig.now += 60s;
    CHECK(rig.enter(second, 5) == Answer::ask);
    CHECK(rig.enter(any, 6) == Answer::ask);
}

TEST_CASE("registrations: who joins learns the name under which it was asked for") {
    RegistrationRig rig;
    const auto any = registration_key(service(1));
    auto given = registration_key(service(1, 5'000));
    CHECK(rig.enter(any, 1) == Answer::ask);
    rig.accept(any, 1);
    rig.table.add_name(any, given);
    CHECK(rig.table.enter(
              given, 2, rig.now, [] {}, rig.joined) == Answer::join);
    CHECK(given.digest == any.digest);
}

TEST_CASE("registrations: what a client does not want any more is forgotten") {
    RegistrationRig rig;
    const auto key = registration_key(service(1));
    CHECK(rig.enter(key, 1) == Answer::ask);
    rig.accept(key, 1);
    CHECK(rig.enter(key, 2) == Answer::join);
    rig.table.forget(key, 1);
    CHECK(rig.table.size() == 0);
    CHECK(rig.enter(key, 1) == Answer::ask);
    rig.accept(key, 1);
    rig.table.forget(key, 2);  // the first one, which has gone
    rig.table.leave(key, 2, rig.now);
    CHECK(rig.enter(key, 3) == Answer::join);
}

TEST_CASE("registrations: so many are kept that no trunk has; the oldest goes") {
    RegistrationRig rig;
    const auto keep = [&rig](std::uint32_t id) {
        const auto key = registration_key(service(id));
        CHECK(rig.enter(key, 1) == Answer::ask);
        rig.accept(key, 1);
        rig.table.leave(key, 1, rig.now);
    };
    for (std::uint32_t id = 1; id <= RegistrationTable::kept_max + 1; ++id) {
        keep(id);
    }
    CHECK(rig.table.size() == RegistrationTable::kept_max);
    CHECK(rig.enter(registration_key(service(2)), 2) == Answer::join);
    CHECK(rig.enter(registration_key(service(1)), 2) == Answer::ask);
}
