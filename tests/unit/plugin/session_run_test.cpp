// Visitors, logins and registrations on their way through a chain.
#include <cstddef>
#include <cstring>

#include "plugin/host.hpp"
#include "plugin/library.hpp"
#include "plugin/session_chain_run.hpp"
#include "unit/plugin/session_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugin;
using ferrotunnel::test::SessionRig;
using hooks::SessionPhase;
using hooks::Step;

namespace {

/// Says what it sees, and refuses what the test names.
class SeeingPorter final : public Plugin {
public:
    static constexpr Description description{.name = "porter", .version = "1", .guard = true};
    static inline std::string seen;
    static inline std::string refused;  // words; empty: everybody may pass
    static inline std::vector<VisitOutcome> ends;

    Decision on_connect(Visitor& visit) override {
        see({visit.service(), visit.address(), std::to_string(visit.address_port()), visit.host(), visit.token(),
             visit.client_name(), visit.client(), visit.is_tls() ? "tls" : "no tls", std::to_string(visit.port()),
             visit.note("plan")});
        visit.state<int>() = 7;
        return decide();
    }
    void on_visit_close(Visitor& visit, const VisitOutcome& outcome) override {
        CHECK(visit.state<int>() == 7);
        ends.push_back(outcome);
    }
    Decision on_login(Login& login) override {
        see({login.address(), login.token(), login.client(), login.client_name(), login.agent(),
             std::to_string(login.version()), std::to_string(login.connection()), std::to_string(login.connections())});
        CHECK(login.client_metadata() == std::vector<std::pair<Text, Text>>{{"floor", "2"}, {"site", "barn"}});
        CHECK(login.client_metadata("site") == "barn");
        CHECK(login.client_metadata("sit").empty());
        CHECK(login.set_note("user", "ann"));
        return decide();
    }
    Decision on_register(Registration& wanted) override {
        see({wanted.service(), wanted.kind(), std::to_string(wanted.port()), wanted.bind(), wanted.host(0),
             wanted.host(1), wanted.host(2), wanted.path(), wanted.metadata(), wanted.address(), wanted.note("user")});
        CHECK(wanted.hosts() == 2);
        CHECK(wanted.client_metadata().size() == 2);
        CHECK(wanted.client_metadata("floor") == "2");
        CHECK(wanted.set_hosts({"team-" + std::string(wanted.host())}));
        CHECK(wanted.set_limit(Limit::body_max, 1'000));
        CHECK(wanted.set_note("plan", "small"));
        return decide();
    }

    static void reset() {
        seen.clear();
        refused.clear();
        ends.clear();
    }

private:
    static void see(std::initializer_list<std::string_view> texts) {
        for (const std::string_view text : texts) {
            seen.append(text).append("|");
        }
    }
    static Decision decide() { return refused.empty() ? Decision::go_on() : Decision::refuse(refused); }
};

/// Has noted, amended and kept something when it throws.
class Broken final : public Plugin {
public:
    static constexpr Description description{.name = "broken", .version = "1"};

    Decision on_connect(Visitor& visit) override {
        CHECK(visit.set_note("plan", "wrong"));
        throw std::runtime_error("broken");
    }
    Decision on_register(Registration& wanted) override {
        CHECK(wanted.set_hosts({"wrong.test"}));
        CHECK(wanted.set_note("plan", "wrong"));
        return Decision::fail();
    }
};

/// Closes what it has not opened.
class Counter final : public Plugin {
public:
    static constexpr Description description{.name = "counter", .version = "1"};
    static inline int closed = 0;
    void on_visit_close(Visitor&, const VisitOutcome&) override { ++closed; }
};

class Mistaken final : public Plugin {
public:
    static constexpr Description description{.name = "mistaken", .version = "1", .guard = true};
    Decision on_connect(Visitor&) override { return Decision::respond({200, {}, "hello"}); }
    Decision on_login(Login&) override { return Decision::reject(403, "not_you"); }
};

/// The type as this version knows it, with nothing wrong.
Type known_type(const ft_type& theirs) {
    Type type;
    REQUIRE(read_type(theirs, type).empty());
    return type;
}

}  // namespace

TEST_CASE("session: a visitor is shown to the plugins, and its end as well", "[plugin][session]") {
    SeeingPorter::reset();
    SessionRig rig;
    rig.add<SeeingPorter>({"", true, false});
    rig.notes = std::make_shared<hooks::Notes>(hooks::Notes{{"plan", "large"}});
    rig.visit();
    CHECK(rig.ask() == Step::go_on);
    CHECK(SeeingPorter::seen == "web|192.0.2.7|40000|app.test|team|laptop|00ff|no tls|8080|large|");
    rig.close({hooks::VisitOutcome::End::served, 10, 20, std::chrono::seconds(3)});
    REQUIRE(SeeingPorter::ends.size() == 1);
    CHECK(SeeingPorter::ends[0].end == plugin::VisitOutcome::End::served);
    CHECK(SeeingPorter::ends[0].received_bytes == 10);
    CHECK(SeeingPorter::ends[0].sent_bytes == 20);
    CHECK(SeeingPorter::ends[0].duration == std::chrono::seconds(3));
}

TEST_CASE("session: a refusal has words, and the name of who refuses", "[plugin][session]") {
    SeeingPorter::reset();
    SeeingPorter::refused = "not\ntoday " + std::string(300, 'x');
    SessionRig rig;
    rig.add<SeeingPorter>({"gate", true, false});
    rig.visit();
    REQUIRE(rig.ask() == Step::answer);
    const hooks::SessionRefusal refusal = rig.run->take_refusal();
    CHECK(refusal.plugin == "gate");
    CHECK(refusal.words.starts_with("not?today xxx"));
    CHECK(refusal.words.size() == 200);
    CHECK_FALSE(refusal.failed);
    rig.close({hooks::VisitOutcome::End::refused, 0, 0, {}});
    REQUIRE(SeeingPorter::ends.size() == 1);
    CHECK(SeeingPorter::ends[0].end == plugin::VisitOutcome::End::refused);
}

TEST_CASE("session: who refuses is the last to be asked, and those who were asked hear of the end",
          "[plugin][session]") {
    SeeingPorter::reset();
    Counter::closed = 0;
    SeeingPorter::refused = "no";
    SessionRig rig;
    rig.add<Counter>();
    rig.add<SeeingPorter>();
    rig.add<Counter>();
    rig.visit();
    CHECK(rig.ask() == Step::answer);
    rig.close();
    CHECK(Counter::closed == 1);
    CHECK(SeeingPorter::ends.size() == 1);
}

TEST_CASE("session: a login's notes reach its registrations, and theirs reach the visitors", "[plugin][session]") {
    SeeingPorter::reset();
    SessionRig rig;
    rig.add<SeeingPorter>();
    rig.login();
    CHECK(rig.ask() == Step::go_on);
    CHECK(SeeingPorter::seen == "198.51.100.9|team|00ff|laptop|agent/1|1|2|3|");
    rig.notes = rig.run->take_amendments().notes;
    SeeingPorter::seen.clear();
    rig.registration();
    CHECK(rig.ask() == Step::go_on);
    CHECK(SeeingPorter::seen == "web|http|8080|127.0.0.1|a.test|b.test||/api|blue|198.51.100.9|ann|");
    const hooks::Amendments made = rig.run->take_amendments();
    REQUIRE(made.hosts);
    CHECK(*made.hosts == std::vector<std::string>{"team-a.test"});
    CHECK(made.limits[static_cast<std::size_t>(hooks::Limit::body_max)] == 1'000);
    CHECK_FALSE(made.limits[static_cast<std::size_t>(hooks::Limit::upgrades)]);
    REQUIRE(made.notes);
    CHECK(*made.notes == hooks::Notes{{"user", "ann"}, {"plan", "small"}});
}

TEST_CASE("session: a failure takes back what was done, and its policy decides", "[plugin][session]") {
    SeeingPorter::reset();
    for (const bool closes : {true, false}) {
        SessionRig rig;
        rig.add<Broken>({"", closes, false});
        rig.visit();
        CHECK(rig.ask() == (closes ? Step::answer : Step::go_on));
        CHECK(rig.run->take_refusal().failed == closes);
        rig.close();
        rig.registration();
        CHECK(rig.ask() == (closes ? Step::answer : Step::go_on));
        if (!closes) {
            const hooks::Amendments made = rig.run->take_amendments();
            CHECK_FALSE(made.hosts);
            CHECK_FALSE(made.notes);
        }
        CHECK(rig.chain.log.count("a plugin failed") == 2);
        rig.run.reset();
    }
}

TEST_CASE("session: an observing instance says what it would have done, and does nothing", "[plugin][session]") {
    SeeingPorter::reset();
    SeeingPorter::refused = "no";
    SessionRig rig;
    rig.add<SeeingPorter>({"", true, true});
    rig.registration();
    CHECK(rig.ask() == Step::go_on);
    const hooks::Amendments made = rig.run->take_amendments();
    CHECK_FALSE(made.hosts);
    CHECK_FALSE(made.limits[static_cast<std::size_t>(hooks::Limit::body_max)]);
    CHECK_FALSE(made.notes);
    CHECK(rig.chain.log.count("a plugin would have refused") == 1);
}

TEST_CASE("session: what has no place in a phase is refused or a failure", "[plugin][session]") {
    SessionRig rig;
    rig.add<Mistaken>({"", true, false});
    rig.visit();
    CHECK(rig.ask() == Step::answer);  // an answer of HTTP
    CHECK(rig.run->take_refusal().failed);
    rig.close();
    rig.login();
    CHECK(rig.ask() == Step::answer);
    CHECK(rig.run->take_refusal().words == "not_you");
    rig.run.reset();
    CHECK_FALSE(rig.begin(SessionPhase::registration));  // nobody looks
}

TEST_CASE("session: a chain without such hooks costs no run", "[plugin][session]") {
    SessionRig rig;
    CHECK_FALSE(rig.plugins.wants(SessionPhase::connect));
    rig.add<Counter>();
    CHECK(rig.plugins.wants(SessionPhase::connect));
    CHECK_FALSE(rig.plugins.wants(SessionPhase::login));
    CHECK_FALSE(rig.plugins.wants(SessionPhase::registration));
    rig.plugins.set_chain(nullptr);
    CHECK_FALSE(rig.plugins.wants(SessionPhase::connect));
    CHECK_FALSE(rig.begin(SessionPhase::connect));
}

TEST_CASE("session: bounds of hosts and notes", "[plugin][session]") {
    class Greedy final : public Plugin {
    public:
        Decision on_register(Registration& wanted) override {
            CHECK_FALSE(wanted.set_hosts({}));
            CHECK_FALSE(wanted.set_hosts(std::vector<std::string>(17, "a.test")));
            CHECK_FALSE(wanted.set_hosts({std::string(257, 'a')}));
            CHECK(wanted.set_hosts(std::vector<std::string>(16, "a.test")));
            CHECK_FALSE(wanted.set_limit(static_cast<Limit>(6), 1));
            CHECK_FALSE(wanted.set_note("", "x"));
            CHECK_FALSE(wanted.set_note("x", std::string(16'384, 'x')));
            for (int i = 0; i < 32; ++i) {
                CHECK(wanted.set_note("x", "y"));
            }
            CHECK_FALSE(wanted.set_note("x", "y"));
            return Decision::go_on();
        }
    };
    struct Named {
        static ft_decision on_register(void* instance, ft_registration* raw) {
            Registration wanted(raw);
            (void)static_cast<Greedy*>(instance)->on_register(wanted);
            return FT_GO_ON;
        }
    };
    SessionRig rig;
    Type type = known_type([] {
        static ft_type made{};
        made.size = sizeof(made);
        made.name = "greedy";
        made.make = [](ft_settings*, const ft_instance*, void*) -> void* { return new Greedy; };
        made.destroy = [](void* instance) { delete static_cast<Greedy*>(instance); };
        made.on_register = &Named::on_register;
        return made;
    }());
    rig.add<SeeingPorter>();  // sets the tables that the classes call
    auto made = rig.chain.instances.make({type, {}}, {});
    REQUIRE(made);
    rig.chain.chain.instances = {*made};
    rig.plugins.set_chain(std::make_shared<plugin::Chain>(rig.chain.chain));
    rig.registration();
    CHECK(rig.ask() == Step::go_on);
}

TEST_CASE("session: a type of an older minor version has none of these hooks", "[plugin][session]") {
    SeeingPorter::reset();
    ft_type whole = TypeOf<SeeingPorter>::table();
    whole.size = offsetof(ft_type, on_connect);
    const Type older = known_type(whole);
    CHECK(older.calls.on_connect == nullptr);
    CHECK(older.calls.on_visit_close == nullptr);
    CHECK(older.calls.on_login == nullptr);
    CHECK(older.calls.on_register == nullptr);
    CHECK(older.calls.make != nullptr);
    whole.size = sizeof(whole);
    CHECK(known_type(whole).calls.on_register != nullptr);
}
