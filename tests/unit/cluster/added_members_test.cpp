// Registers with a store whose members are found while they run: added, linked, forgotten, and their places used again.
#include <memory>
#include <string>
#include <vector>

#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

/// Members that know only themselves at first.
class Finders {
public:
    explicit Finders(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            const auto list = std::make_shared<const Members>(std::vector{name}, name, Decides::store);
            registers_.push_back(
                std::make_unique<Register>(list, Register::Start{registers_.size() + 1, 7, now, 1'700'000'000'000}));
            (void)registers_.back()->set_store_problem("", now);
        }
    }
    Register& operator[](std::size_t member) { return *registers_[member]; }
    static MemberIndex index(Register& at, const std::string& name) {
        const auto found = at.add_member(name, now);
        REQUIRE(found);
        return *found;
    }
    /// Each has added the other, and all that they have to send arrives.
    void link(std::size_t one, std::size_t other) {
        Register& left = *registers_[one];
        Register& right = *registers_[other];
        index(left, right.hello().member);
        index(right, left.hello().member);
        const LinkId id = ++last_link_;
        REQUIRE(left.connected(id, right.hello(), now));
        REQUIRE(right.connected(id, left.hello(), now));
        settle(left, right, id);
    }
    void unlink(std::size_t one, std::size_t other) {
        (void)registers_[one]->disconnected(last_link_, now);
        (void)registers_[other]->disconnected(last_link_, now);
    }
    /// The store agrees to everything.
    void claim(std::size_t member, const Name& name, const Owner& owner) {
        for (const Effect& effect : registers_[member]->claim(++last_claim_, name, owner, 1, now)) {
            if (const auto* const asked = std::get_if<StoreClaim>(&effect)) {
                (void)registers_[member]->store_answered(asked->request, {StoreAnswer::Kind::granted, {}}, now);
            }
        }
        REQUIRE(registers_[member]->has(name));
    }

    static constexpr TimePoint now{1h};

private:
    static void settle(Register& left, Register& right, LinkId id) {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            while (const auto message = left.next(id, now)) {
                (void)right.received(id, through_bytes(*message), now);
                is_busy = true;
            }
            while (const auto message = right.next(id, now)) {
                (void)left.received(id, through_bytes(*message), now);
                is_busy = true;
            }
        }
    }

    std::vector<std::unique_ptr<Register>> registers_;
    LinkId last_link_ = 0;
    ClaimId last_claim_ = 0;
};

const Name app_of_added = Name::of_host("app.example.com", "/");

}  // namespace

TEST_CASE("register, added members: they are linked without a list, and have names") {
    Finders at({"b", "a"});  // the own index is 0 on both
    REQUIRE_FALSE(at[0].connected(99, at[1].hello(), Finders::now));
    at.claim(1, app_of_added, ann);
    at.link(0, 1);
    const MemberIndex other = Finders::index(at[0], "a");
    CHECK(other == 1);
    CHECK(at[0].is_linked(other));
    CHECK(at[0].routes(app_of_added) == Indices{other});
    CHECK(at[0].hello().members == std::vector<std::string>{"b"});
}

TEST_CASE("register, added members: one that is linked, or of the list, is not forgotten") {
    Finders at({"b", "a"});
    at.link(0, 1);
    const MemberIndex other = Finders::index(at[0], "a");
    CHECK_FALSE(at[0].remove_member(other, Finders::now).has_value());
    CHECK_FALSE(at[0].remove_member(0, Finders::now).has_value());
    CHECK_FALSE(at[0].remove_member(17, Finders::now).has_value());
    at.unlink(0, 1);
    CHECK(at[0].remove_member(other, Finders::now).has_value());
    CHECK_FALSE(at[0].remove_member(other, Finders::now).has_value());
    CHECK_FALSE(at[0].members().find("a"));
}

TEST_CASE("register, added members: a place that is used again has nothing of the one before") {
    Finders at({"b", "a", "c"});
    at.claim(1, app_of_added, ann);
    REQUIRE(at[1].set_value("public/a", "a.example.com:7835", 0s, Finders::now).has_value());
    at.link(0, 1);
    REQUIRE(at[0].values().get("public/a"));
    const MemberIndex place = Finders::index(at[0], "a");
    CHECK(at[0].table().size(place) == 1);
    at.unlink(0, 1);
    REQUIRE(at[0].remove_member(place, Finders::now).has_value());
    CHECK(at[0].table().size(place) == 0);
    CHECK(at[0].values().get("public/a"));  // values have no owner that could be missed

    at.link(0, 2);
    CHECK(Finders::index(at[0], "c") == place);
    CHECK(at[0].routes(app_of_added).empty());
    CHECK(at[0].table().size(place) == 0);
    const Name port = Name::of_port(2222, false);
    at.claim(2, port, bob);
    REQUIRE(at[2].set_value("public/c", "c.example.com:7835", 0s, Finders::now).has_value());
    at.unlink(0, 2);
    at.link(0, 2);
    CHECK(at[0].routes(port) == Indices{place});
    CHECK(at[0].values().get("public/c")->member == "c");
    // The first one is back, at another place.
    at.link(0, 1);
    CHECK(Finders::index(at[0], "a") == place + 1);
    CHECK(at[0].routes(app_of_added) == Indices{static_cast<MemberIndex>(place + 1)});
}

TEST_CASE("register, added members: it is recovering until the store's members are known, and have reported") {
    Finders at({"b", "a", "c"});
    CHECK(at[0].is_recovering());
    SECTION("nobody else is there") {
        (void)at[0].members_found(Finders::now);
        CHECK_FALSE(at[0].is_recovering());
    }
    SECTION("one that was found has to report") {
        Finders::index(at[0], "a");
        (void)at[0].members_found(Finders::now);
        CHECK(at[0].is_recovering());
        at.link(0, 1);
        CHECK_FALSE(at[0].is_recovering());
        Finders::index(at[0], "c");
        CHECK_FALSE(at[0].is_recovering());  // it is new, and not awaited
    }
    SECTION("one that is forgotten is not awaited") {
        (void)at[0].remove_member(Finders::index(at[0], "a"), Finders::now);
        (void)at[0].members_found(Finders::now);
        CHECK_FALSE(at[0].is_recovering());
    }
    SECTION("at most for a time") {
        Finders::index(at[0], "a");
        (void)at[0].tick(Finders::now + cluster::limits::recovery_time);
        CHECK_FALSE(at[0].is_recovering());
    }
}

TEST_CASE("limit: members of a register with a store") {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < cluster::limits::member_slots; ++i) {
        names.push_back("member-" + std::to_string(i));
    }
    Finders at(names);
    at.claim(0, app_of_added, ann);
    for (std::size_t i = 1; i < names.size(); ++i) {
        at.link(0, i);
    }
    CHECK_FALSE(at[0].add_member("one-more", Finders::now));
    CHECK(at[0].add_member("member-7", Finders::now) == MemberIndex{7});
    const std::size_t last = names.size() - 1;
    CHECK(at[last].routes(app_of_added) == Indices{1});
    CHECK(at[0].is_linked(static_cast<MemberIndex>(last)));
    // The last bit of every set of members.
    REQUIRE(at[last].set_value("key", "value", 0s, Finders::now).has_value());
    at.unlink(0, last);
    at.link(0, last);
    CHECK(at[0].values().get("key")->text == "value");
    CHECK(at[0].waiting() == 0);
}

}  // namespace ferrotunnel::cluster::fixture
