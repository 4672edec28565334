#include "directory/carrier_list.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "support/seeded_random.hpp"

using namespace ferrotunnel::directory;

namespace {

struct StubTrunk : NumberedCarrier {
    std::uint64_t load() const noexcept { return now; }

    std::uint64_t now = 0;
    bool near = false;
};

bool is_near(const StubTrunk& trunk) {
    return trunk.near;
}

std::shared_ptr<const StickyKey> some_sticky_key() {
    ferrotunnel::test::SeededRandom random(1);
    std::string problem;
    return std::make_shared<const StickyKey>(load_or_make_sticky_key({}, random, problem));
}

/// Makes the client of this number and name a member that has a cookie.
std::shared_ptr<StubTrunk> join_by_cookie(CarrierList<StubTrunk>& list, const std::shared_ptr<const StickyKey>& key,
                                          std::uint8_t client, const std::string& name) {
    Membership membership{{{1}, {9}}, {{1}, {client}}};
    membership.sticky = ferrotunnel::wire::Sticky::cookie;
    membership.key = key;
    membership.name = name;
    const auto trunk = std::make_shared<StubTrunk>();
    list.add(trunk, client, membership);
    return trunk;
}

}  // namespace

TEST_CASE("of trunks, one nearby is chosen unless it has much more to do") {
    constexpr std::uint64_t detour = CarrierList<StubTrunk>::detour;
    const auto far = std::make_shared<StubTrunk>();
    const auto near = std::make_shared<StubTrunk>();
    near->near = true;
    CarrierList<StubTrunk> list;
    list.add(far, 1);
    list.add(near, 2);
    auto chosen = [&](std::uint64_t far_load, std::uint64_t near_load) {
        far->now = far_load;
        near->now = near_load;
        return list.choose({}, is_near)->trunk;
    };
    CHECK(chosen(0, 0) == near);
    CHECK(chosen(0, 0) == near);
    CHECK(chosen(5, 3) == near);
    CHECK(chosen(0, detour - 1) == near);
    CHECK(chosen(0, detour) == far);
    CHECK(chosen(100, 150 + detour - 1) == near);
    CHECK(chosen(100, 150 + detour) == far);
    CHECK(list.choose({near->carrier_id()}, is_near)->trunk == far);
    CHECK(list.choose({near->carrier_id(), far->carrier_id()}, is_near) == nullptr);
    near->near = false;
    CHECK(chosen(3, 2) == near);
    CHECK(chosen(2, 3) == far);
}

TEST_CASE("of a group, the member is chosen first, and then the trunk with the least load", "[groups]") {
    const Membership first{{{1}, {9}}, {{1}, {1}}};
    const Membership second{{{1}, {9}}, {{1}, {2}}};
    const auto of_first = std::make_shared<StubTrunk>();
    const auto also_of_first = std::make_shared<StubTrunk>();
    const auto of_second = std::make_shared<StubTrunk>();
    CarrierList<StubTrunk> list;
    list.add(of_first, 1, first);
    list.add(also_of_first, 1, first);
    list.add(of_second, 7, second);
    of_first->now = 5;
    CHECK(list.choose({})->trunk == also_of_first);
    CHECK(list.choose({})->trunk == of_second);
    CHECK(list.choose({})->service == 1);
    CHECK(list.choose({})->service == 7);
    CHECK(list.choose({of_second->carrier_id()})->trunk == also_of_first);
    CHECK(list.choose({of_second->carrier_id(), also_of_first->carrier_id()})->trunk == of_first);
    CHECK(list.choose({of_second->carrier_id(), also_of_first->carrier_id(), of_first->carrier_id()}) == nullptr);

    SECTION("near trunks are preferred within the member alone") {
        of_second->near = true;
        CHECK(list.choose({}, is_near)->trunk != list.choose({}, is_near)->trunk);
    }
    SECTION("one that yields makes room for a trunk of its own client") {
        list.set_yields(*of_second);
        CHECK(list.add(std::make_shared<StubTrunk>(), 1, first).empty());
        CHECK(list.add(std::make_shared<StubTrunk>(), 7, second) == std::vector{of_second});
        CHECK(list.size() == 4);
    }
    SECTION("all of a client go, and no others") {
        CHECK(list.remove_all_of(*of_first) == std::vector{of_first, also_of_first});
        CHECK(list.choose({})->trunk == of_second);
        CHECK(list.remove_all_of(*of_first).empty());
        list.remove(*of_second);
        CHECK(list.empty());
        CHECK_FALSE(list.is_group());
    }
    SECTION("what a member says last counts") {
        Membership heavy = first;
        heavy.weight = 9;
        list.add(std::make_shared<StubTrunk>(), 1, heavy);
        int seconds = 0;
        for (int i = 0; i < 20; ++i) {
            seconds += list.choose({})->service == 7 ? 1 : 0;
        }
        CHECK(seconds == 2);
    }
}

TEST_CASE("limit: so many members has a group, which say the same of the balance", "[groups]") {
    CarrierList<StubTrunk> list;
    Membership member{{{1}, {9}}, {{1}, {}}};
    for (std::size_t i = 0; i < ferrotunnel::limits::group_members_max; ++i) {
        member.client.second = {static_cast<std::uint8_t>(i)};
        REQUIRE(list.may_join(member));
        list.add(std::make_shared<StubTrunk>(), 1, member);
    }
    CHECK(list.may_join(member));  // one more trunk of one that is there
    member.client.second = {0xff};
    CHECK_FALSE(list.may_join(member));
    CHECK(list.why_not_join(member)->text == "The group has 64 members, the maximum.");

    CarrierList<StubTrunk> small;
    small.add(std::make_shared<StubTrunk>(), 1, member);
    Membership other{member.group, {{1}, {1}}, ferrotunnel::wire::Balance::least};
    CHECK_FALSE(small.may_join(other));
    CHECK(small.why_not_join(other)->text ==
          "The other members of its group have `balance: round-robin`, and this client has `balance: least`. All must "
          "be the same.");
    other.balance = member.balance;
    CHECK(small.may_join(other));
}

TEST_CASE("what is behind a carrier is unhealthy: it is passed over, whatever the balance", "[health]") {
    using ferrotunnel::wire::Balance;
    const auto balance = GENERATE(Balance::round_robin, Balance::least, Balance::two_choices);
    const Membership first{{{1}, {9}}, {{1}, {1}}, balance};
    const Membership second{{{1}, {9}}, {{1}, {2}}, balance};
    const Membership third{{{1}, {9}}, {{1}, {3}}, balance, 1, true};
    const auto one = std::make_shared<StubTrunk>();
    const auto two = std::make_shared<StubTrunk>();
    const auto standby = std::make_shared<StubTrunk>();
    CarrierList<StubTrunk> list;
    list.add(one, 1, first, {false, false});
    CHECK(list.choose({}) == nullptr);
    CHECK(list.is_unhealthy());
    CHECK_FALSE(list.has(*one));
    list.add(two, 1, second);
    list.add(standby, 1, third);
    CHECK_FALSE(list.is_unhealthy());
    for (int i = 0; i < 5; ++i) {
        CHECK(list.choose({})->trunk == two);
        CHECK(list.choose({}, is_near)->trunk == two);
    }
    list.set_health(*two, {false, false});
    CHECK(list.choose({})->trunk == standby);
    list.set_health(*one, {true, false});
    CHECK(list.choose({})->trunk == one);
    CHECK(list.choose({one->carrier_id()})->trunk == standby);
    CHECK(list.has(*one));
}

TEST_CASE("where nothing is healthy, what is to be tried all the same gets visitors", "[health]") {
    const auto one = std::make_shared<StubTrunk>();
    const auto two = std::make_shared<StubTrunk>();
    CarrierList<StubTrunk> list;
    CHECK_FALSE(list.is_unhealthy());  // there is none
    list.add(one, 1, Membership{{{1}, {9}}, {{1}, {1}}}, {false, true});
    CHECK(list.choose({})->trunk == one);
    list.add(two, 1, Membership{{{1}, {9}}, {{1}, {2}}});
    for (int i = 0; i < 3; ++i) {
        CHECK(list.choose({})->trunk == two);
    }
    CHECK(list.choose({two->carrier_id()}) == nullptr);  // it is busy, and not ill
    list.set_health(*two, {false, false});
    for (int i = 0; i < 3; ++i) {
        CHECK(list.choose({})->trunk == one);
    }
    list.set_health(*two, {true, false});
    list.remove(*two);
    CHECK(list.choose({})->trunk == one);
    list.set_health(*one, {false, false});
    CHECK(list.choose({}) == nullptr);
    CHECK(list.is_unhealthy());
}

TEST_CASE("of one client's trunks, each says for itself whether what is behind it is healthy", "[health]") {
    const auto one = std::make_shared<StubTrunk>();
    const auto two = std::make_shared<StubTrunk>();
    CarrierList<StubTrunk> list;
    list.add(one, 1);
    list.add(two, 1, std::nullopt, {false, false});
    two->near = true;
    CHECK(list.choose({}, is_near)->trunk == one);
    one->now = 1'000;
    CHECK(list.choose({}, is_near)->trunk == one);
    list.set_health(*one, {false, false});
    CHECK(list.choose({}, is_near) == nullptr);
}

namespace {

using namespace std::chrono_literals;
using State = GroupMember::State;
using ferrotunnel::Duration;
using ferrotunnel::TimePoint;

/// A group of members a, b, ... with a trunk each, of which `fail_after` failures in a row are too many.
struct Group {
    explicit Group(std::size_t count, std::uint32_t fail_after = 1) {
        for (std::size_t i = 0; i < count; ++i) {
            join(static_cast<char>('a' + i), fail_after);
        }
    }
    void join(char name, std::uint32_t fail_after) {
        Membership membership{{{1}, {9}}, {{1}, {static_cast<std::uint8_t>(name)}}};
        membership.name = std::string(1, name);
        membership.eject.failures = fail_after;
        membership.row = book.row({"all", "http", "alice", membership.name});
        const auto trunk = std::make_shared<StubTrunk>();
        trunks.push_back(trunk);
        list.add(trunk, 1, membership);
        members.push_back(list.member_of(*trunk));
    }
    /// Who has the next visitors.
    std::string next(int count, const BalanceContext& context) {
        std::string names;
        for (int i = 0; i < count; ++i) {
            const auto* carrier = list.choose({}, context);
            names += carrier != nullptr ? list.member_of(*carrier)->name() : "-";
        }
        return names;
    }
    std::string next(int count) { return next(count, {.now = now}); }
    HealthTransition record_outcome(std::size_t member, MemberOutcome outcome) {
        return list.record_outcome(*members[member], outcome, now, time);
    }

    ferrotunnel::metrics::MemberCounters book;
    CarrierList<StubTrunk> list;
    std::vector<std::shared_ptr<StubTrunk>> trunks;
    std::vector<std::shared_ptr<GroupMember>> members;
    TimePoint now{1h};
    Duration time{};
};

}  // namespace

TEST_CASE("a member that fails its visitors gets none for a while, and comes back by a trial", "[groups]") {
    Group group(2, 2);
    CHECK(group.record_outcome(0, MemberOutcome::refused) == HealthTransition::none);
    CHECK(group.members[0]->is_watched());
    CHECK(group.record_outcome(0, MemberOutcome::response_5xx) == HealthTransition::ejected);
    CHECK(group.time == 10s);
    CHECK(group.members[0]->state() == State::ejected);
    CHECK(group.next(4) == "bbbb");
    CHECK(group.book.rows().front()->ejections == 1);
    group.now += 10s;
    const std::string trial = group.next(4);
    CHECK(std::count(trial.begin(), trial.end(), 'a') == 1);
    SECTION("which fares well") {
        CHECK(group.record_outcome(0, MemberOutcome::success) == HealthTransition::returned);
        CHECK(group.members[0]->state() == State::takes_visitors);
        CHECK_FALSE(group.members[0]->is_watched());
        const std::string names = group.next(4);
        CHECK(std::count(names.begin(), names.end(), 'a') == 2);
    }
    SECTION("which does not") {
        CHECK(group.record_outcome(0, MemberOutcome::reset) == HealthTransition::none);
        group.now += 10s;
        CHECK(group.next(4) == "bbbb");
        group.now += 10s;
        CHECK(group.next(4).find('a') != std::string::npos);
    }
}

TEST_CASE("a member that waits to be resumed gets nobody while another one takes visitors", "[groups]") {
    Group group(3);
    const auto set_waits = [&](std::size_t member, bool waits) {
        group.list.set_health(*group.trunks[member], {.waits = waits});
    };
    CHECK(group.next(6) == "abcabc");
    set_waits(0, true);
    CHECK(group.members[0]->state() == State::waiting);
    CHECK(group.next(6) == "bcbcbc");
    CHECK_FALSE(group.list.has(*group.trunks[0]));  // what is idle there is given up
    CHECK_FALSE(group.list.is_unhealthy());
    SECTION("and has its share as soon as it is resumed") {
        set_waits(0, false);
        CHECK(group.members[0]->state() == State::takes_visitors);
        CHECK(group.list.has(*group.trunks[0]));
        const std::string names = group.next(6);
        CHECK(std::count(names.begin(), names.end(), 'a') == 2);
    }
    SECTION("those that are full are no reason to refuse anybody") {
        CHECK(group.list.choose({group.trunks[1]->carrier_id(), group.trunks[2]->carrier_id()}, {.now = group.now})
                  ->trunk == group.trunks[0]);
    }
    SECTION("one that is ejected comes before it") {
        set_waits(1, true);
        CHECK(group.record_outcome(2, MemberOutcome::reset) ==
              HealthTransition::none);  // no other one takes visitors at once
        set_waits(1, false);
        CHECK(group.record_outcome(2, MemberOutcome::reset) == HealthTransition::ejected);
        set_waits(1, true);
        CHECK(group.next(3) == "ccc");
    }
    SECTION("where all wait, visitors wait with them") {
        set_waits(1, true);
        set_waits(2, true);
        const std::string names = group.next(6);
        CHECK(std::count(names.begin(), names.end(), 'a') == 2);
        CHECK(group.list.has(*group.trunks[0]));
        CHECK_FALSE(group.list.is_unhealthy());
    }
}

TEST_CASE("of one client's trunks, one that waits to be resumed is the last", "[groups]") {
    const auto one = std::make_shared<StubTrunk>();
    const auto two = std::make_shared<StubTrunk>();
    CarrierList<StubTrunk> list;
    list.add(one, 1);
    list.add(two, 1);
    one->near = true;
    two->now = 1'000;
    list.set_health(*one, {.waits = true});
    CHECK(list.choose({})->trunk == two);
    CHECK(list.choose({}, is_near)->trunk == two);
    CHECK(list.choose({two->carrier_id()})->trunk == one);
    CHECK_FALSE(list.has(*one));
    list.remove(*two);
    CHECK(list.choose({}, is_near)->trunk == one);
    CHECK(list.has(*one));
}

TEST_CASE("the visitors of a member that waits are with another one, and keep its cookie", "[groups]") {
    const std::shared_ptr<const StickyKey> key = some_sticky_key();
    CarrierList<StubTrunk> list;
    const auto offline = join_by_cookie(list, key, 1, "a");
    (void)join_by_cookie(list, key, 2, "b");
    (void)join_by_cookie(list, key, 3, "c");
    const BalanceContext context{.sticky = {0, list.member_of(*offline)->tag()}};
    CHECK_FALSE(list.keeps_tag(context));
    list.set_health(*offline, {.waits = true});
    CHECK(list.keeps_tag(context));
    const auto with = list.choose({}, context)->trunk;
    CHECK(with != offline);
    for (int i = 0; i < 4; ++i) {
        CHECK(list.choose({}, context)->trunk == with);
    }
    list.set_health(*offline, {});
    CHECK_FALSE(list.keeps_tag(context));
    CHECK(list.choose({}, context)->trunk == offline);
}

TEST_CASE("the last member that takes visitors is not ejected, unless its terms say so", "[groups]") {
    Group group(2);
    CHECK(group.record_outcome(0, MemberOutcome::reset) == HealthTransition::ejected);
    CHECK(group.record_outcome(1, MemberOutcome::reset) == HealthTransition::none);
    CHECK(group.next(2) == "bb");
    SECTION("where the other one goes, what is ejected is tried all the same") {
        group.list.remove(*group.trunks[1]);
        CHECK(group.members[1]->state() == State::draining);
        CHECK(group.next(2) == "aa");
        CHECK(group.record_outcome(0, MemberOutcome::success) == HealthTransition::returned);
    }
    SECTION("or its client finds it unhealthy") {
        group.list.set_health(*group.trunks[1], {false, false});
        CHECK(group.next(2) == "aa");
    }
    SECTION("with other terms all may go") {
        Membership strict{{{1}, {8}}, {{1}, {1}}};
        strict.eject = {.failures = 1, .share = 100, .last_too = true};
        CarrierList<StubTrunk> list;
        const auto trunk = std::make_shared<StubTrunk>();
        list.add(trunk, 1, strict);
        Duration time{};
        CHECK(list.record_outcome(*list.member_of(*trunk), MemberOutcome::reset, group.now, time) ==
              HealthTransition::ejected);
        CHECK(list.choose({}, {.now = group.now}) == nullptr);
        CHECK(list.is_unhealthy());
        CHECK(list.choose({}, {.now = group.now + 10s}) != nullptr);  // its trial
        CHECK(list.choose({}, {.now = group.now + 10s}) == nullptr);
    }
}

TEST_CASE("at most half of a group's members are ejected", "[groups]") {
    Group group(5);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(group.record_outcome(i, MemberOutcome::reset) ==
              (i < 2 ? HealthTransition::ejected : HealthTransition::none));
    }
    CHECK(group.next(3) == "cde");
}

TEST_CASE("visitors count at their members, and in what outlives those", "[groups]") {
    Group group(2);
    {
        const MemberVisit visit(group.members[0]);
        MemberVisit moved(group.members[1]);
        moved.uncount();
        CHECK(moved.member() == nullptr);
        CHECK(group.members[0]->visitors_now() == 1);
        CHECK(group.members[1]->visitors() == 0);
        CHECK(group.book.rows().front()->now == 1);
    }
    CHECK(group.members[0]->visitors_now() == 0);
    CHECK(group.members[0]->visitors() == 1);
    group.list.remove(*group.trunks[0]);
    group.join('a', 1);
    CHECK(group.members.back()->visitors() == 0);
    CHECK(group.book.rows().front()->visitors == 1);
    CHECK(group.book.rows().front()->labels().member == "a");
}

TEST_CASE("a visitor who waits for a stream is load, and none that the member has had", "[groups]") {
    Group group(2);
    const std::shared_ptr<GroupMember> member = group.members[0];
    std::shared_ptr<MemberVisit> visit;
    ferrotunnel::directory::count_at(member, visit);
    CHECK(member->visitors_now() == 1);
    CHECK(member->visitors() == 0);
    CHECK(member->visitors_open() == 0);
    CHECK(group.book.rows().front()->now == 0);

    SECTION("it has one") {
        visit->begin();
        visit->begin();
        CHECK(member->visitors_now() == 1);
        CHECK(member->visitors() == 1);
        CHECK(member->visitors_open() == 1);
        visit.reset();
        CHECK(member->visitors() == 1);
    }
    SECTION("it is refused") {
        visit.reset();
        CHECK(member->visitors() == 0);
    }
    SECTION("another member has it") {
        ferrotunnel::directory::count_at(group.members[1], visit);
        CHECK(group.members[1]->visitors_now() == 1);
        CHECK(member->visitors() == 0);
    }
    visit.reset();
    CHECK(member->visitors_now() == 0);
    CHECK(member->visitors_open() == 0);
    CHECK(group.book.rows().front()->now == 0);
}

TEST_CASE("least: who has the fewest visitors of this service, whatever else its trunks carry", "[groups]") {
    CarrierList<StubTrunk> list;
    Membership membership{{{1}, {9}}, {{1}, {1}}, ferrotunnel::wire::Balance::least};
    const auto busy = std::make_shared<StubTrunk>();
    busy->now = 1'000;
    list.add(busy, 1, membership);
    membership.client.second = {2};
    const auto idle = std::make_shared<StubTrunk>();
    list.add(idle, 2, membership);
    const MemberVisit visit(list.member_of(*idle));
    CHECK(list.choose({})->trunk == busy);
}

TEST_CASE("a member has the same tag and hash after it was away; of those with one name the lowest rank that is free",
          "[groups]") {
    const std::shared_ptr<const StickyKey> key = some_sticky_key();
    CarrierList<StubTrunk> list;
    const auto join = [&](std::uint8_t client, const std::string& name) {
        return join_by_cookie(list, key, client, name);
    };
    const auto tag_of = [&](const std::shared_ptr<StubTrunk>& trunk) { return list.member_of(*trunk)->tag(); };
    const auto first = join(1, "web");
    const auto second = join(2, "web");
    const auto third = join(3, "db");
    const std::string tag = tag_of(first);
    CHECK(tag_of(second) != tag);
    for (int i = 0; i < 5; ++i) {
        CHECK(list.choose({}, {.sticky = {0, tag}})->trunk == first);
        CHECK(list.choose({}, {.sticky = {0, tag_of(third)}})->trunk == third);
    }
    CHECK(list.choose({}, {.sticky = {0, "forged"}}) != nullptr);
    CHECK(list.choose({first->carrier_id()}, {.sticky = {0, tag}})->trunk != first);  // it is full
    CHECK(list.choose({}, {.sticky = {0, tag}, .excluded_member = list.member_of(*first).get()})->trunk != first);
    list.remove(*first);
    CHECK(list.choose({}, {.sticky = {0, tag}})->trunk != nullptr);
    const auto again = join(4, "web");
    CHECK(tag_of(again) == tag);
    CHECK(list.choose({}, {.sticky = {0, tag}})->trunk == again);
    CHECK(list.member_of(*join(5, ""))->name() == "#5");
}

TEST_CASE("a member that is away keeps its visitors' cookies for a time, and one other member has them meanwhile",
          "[groups]") {
    const std::shared_ptr<const StickyKey> key = some_sticky_key();
    CarrierList<StubTrunk> list;
    const auto join = [&](std::uint8_t client, const std::string& name) {
        return join_by_cookie(list, key, client, name);
    };
    const auto gone = join(1, "web");
    const std::string tag = list.member_of(*gone)->tag();
    join(2, "db");
    join(3, "mail");
    BalanceContext context{
        .now = TimePoint() + std::chrono::hours(1), .sticky = {0, tag}, .hold = std::chrono::seconds(3)};
    REQUIRE(list.choose({}, context)->trunk == gone);
    CHECK_FALSE(list.keeps_tag(context));  // it is there
    list.remove(*gone);
    context.now += std::chrono::hours(1);
    const auto substitute = list.choose({}, context)->trunk;
    for (int i = 0; i < 5; ++i) {
        CHECK(list.choose({}, context)->trunk == substitute);
    }
    context.now += std::chrono::milliseconds(2'999);
    CHECK(list.keeps_tag(context));
    context.sticky.tag = "forged";
    CHECK_FALSE(list.keeps_tag(context));
    context.sticky.tag = tag;
    context.now += std::chrono::milliseconds(1);
    CHECK_FALSE(list.keeps_tag(context));
    CHECK(list.choose({}, context)->trunk == substitute);  // whose cookie it gets now

    SECTION("a new list, as behind a restart of the server: whoever joins first has them, and no cookie moves") {
        list = {};
        const auto first = join(4, "db");
        CHECK(list.choose({}, context)->trunk == first);
        CHECK(list.keeps_tag(context));
        const auto again = join(5, "web");
        CHECK(list.choose({}, context)->trunk == again);
    }
}

TEST_CASE("limit: a full group has room for successors, and for so many clients in all", "[groups]") {
    namespace limits = ferrotunnel::limits;
    CarrierList<StubTrunk> list;
    std::vector<std::shared_ptr<StubTrunk>> trunks;
    const auto client = [](std::size_t number) {
        Membership member{{{1}, {9}}, {{1}, {static_cast<std::uint8_t>(number)}}};
        member.name = "web";
        return member;
    };
    const auto join = [&](const Membership& member) {
        trunks.push_back(std::make_shared<StubTrunk>());
        list.add(trunks.back(), 1, member);
    };
    for (std::size_t i = 0; i < limits::group_members_max; ++i) {
        join(client(i));
    }
    REQUIRE_FALSE(list.may_join(client(limits::group_members_max)));

    Membership successor = client(limits::group_members_max);
    successor.predecessors = {client(0).client};
    REQUIRE(list.may_join(successor));
    successor.balance = ferrotunnel::wire::Balance::least;
    CHECK_FALSE(list.may_join(successor));  // whoever it follows, it says what the others do
    successor.balance = client(0).balance;
    join(successor);
    CHECK_FALSE(list.may_join(client(200)));

    SECTION("a place is free when both have gone") {
        list.remove(*trunks.front());
        CHECK_FALSE(list.may_join(client(200)));
        list.remove(*trunks.back());
        CHECK(list.may_join(client(200)));
    }
    SECTION("successors beside their predecessors are bounded, too") {
        std::size_t clients = limits::group_members_max + 1;
        for (; clients < limits::group_clients_max; ++clients) {
            Membership another = client(clients);
            another.predecessors = {client(0).client};
            REQUIRE(list.may_join(another));
            join(another);
        }
        Membership another = client(clients);
        another.predecessors = {client(1).client};
        CHECK_FALSE(list.may_join(another));
    }
}

TEST_CASE("members say the same of stickiness and ejection", "[groups]") {
    Group group(1);
    Membership other{{{1}, {9}}, {{1}, {77}}};
    CHECK_FALSE(group.list.may_join(other));
    other.eject.failures = 1;
    CHECK(group.list.may_join(other));
    other.sticky = ferrotunnel::wire::Sticky::address;
    CHECK_FALSE(group.list.may_join(other));
}

TEST_CASE("a successor has the seat of its predecessor, and its visitors when that one takes none", "[groups]") {
    using ferrotunnel::wire::Sticky;
    const auto sticky = GENERATE(Sticky::address, Sticky::cookie, Sticky::off);
    const auto key = std::make_shared<const StickyKey>(
        ferrotunnel::login::Key(std::array<std::uint8_t, ferrotunnel::login::Key::size_bytes>{1}));
    CarrierList<StubTrunk> list;
    const auto join = [&](std::uint8_t client, const std::string& name, std::vector<ClientId> before = {}) {
        Membership membership{{{1}, {9}}, {{1}, {client}}};
        membership.sticky = sticky;
        membership.key = key;
        membership.name = name;
        membership.predecessors = std::move(before);
        const auto trunk = std::make_shared<StubTrunk>();
        list.add(trunk, client, membership);
        return trunk;
    };
    const auto first = join(1, "a");
    const auto other = join(2, "a");
    const auto third = join(3, "c");
    const std::string tag = list.member_of(*other)->tag();
    // Of each address, and of the cookie: who has it.
    const auto visitors = [&] {
        std::vector<const StubTrunk*> who;
        for (std::uint64_t address = 0; address < 60; ++address) {
            who.push_back(list.choose({}, {.sticky = {address, tag}})->trunk.get());
        }
        return who;
    };
    const auto before = visitors();
    const auto successor = join(4, "named otherwise", {{{1}, {2}}, {{1}, {77}}});
    CHECK(list.member_of(*successor)->tag() == tag);
    CHECK(list.member_of(*successor)->state() == State::standby);
    CHECK(list.member_of(*other)->state() == State::takes_visitors);
    const auto both = visitors();
    CHECK(std::count(both.begin(), both.end(), successor.get()) == 0);
    CHECK(list.choose({other->carrier_id(), first->carrier_id(), third->carrier_id()})->trunk ==
          successor);  // the others are full

    SECTION("one trunk of the other client leaves after the other, and another successor comes") {
        join(4, "named otherwise");  // it has taken the place, and says so no more
        const auto last = join(5, "", {{{1}, {2}}, {{1}, {4}}});
        list.remove(*other);
        CHECK(list.member_of(*successor)->state() == State::takes_visitors);
        CHECK(list.member_of(*last)->state() == State::standby);
        list.remove_all_of(*successor);
        CHECK(list.member_of(*last)->state() == State::takes_visitors);
        CHECK(list.member_of(*last)->tag() == tag);
    }
    SECTION("the other client is unhealthy, and healthy again") {
        list.set_health(*other, {false, false});
        CHECK(list.member_of(*successor)->state() == State::takes_visitors);
        const auto meanwhile = visitors();
        CHECK(std::count(meanwhile.begin(), meanwhile.end(), other.get()) == 0);
        CHECK(std::count(meanwhile.begin(), meanwhile.end(), successor.get()) != 0);
        list.set_health(*other, {true, false});
        const auto after = visitors();
        CHECK(std::count(after.begin(), after.end(), successor.get()) == 0);
    }
    SECTION("whoever had the other client has the successor, and all others have whom they had") {
        list.remove(*other);
        auto after = visitors();
        if (sticky != Sticky::off) {
            std::replace(after.begin(), after.end(), static_cast<const StubTrunk*>(successor.get()),
                         static_cast<const StubTrunk*>(other.get()));
            CHECK(after == before);
        }
        CHECK((list.member_of(*join(6, "a"))->tag() != tag || tag.empty()));  // the seat is not free
    }
}

TEST_CASE("who looks on sees the members, and whom a visitor would come to", "[groups]") {
    Group group(3);
    CHECK(group.list.members().size() == 3);
    CHECK(group.list.members().at(1).it == group.members[1]);
    CHECK(group.list.sticky_member({}) == nullptr);
    Membership sticky{{{1}, {8}}, {{1}, {1}}};
    sticky.sticky = ferrotunnel::wire::Sticky::address;
    sticky.weight = 3;
    CarrierList<StubTrunk> list;
    CHECK(list.sticky_member({}) == nullptr);
    for (std::uint8_t client = 1; client < 5; ++client) {
        sticky.client.second = {client};
        sticky.name = std::string(1, static_cast<char>('a' + client));
        list.add(std::make_shared<StubTrunk>(), client, sticky);
    }
    CHECK(list.members().at(0).weight == 3);
    for (std::uint64_t address = 0; address < 40; ++address) {
        const BalanceContext context{.sticky = {address, {}}};
        CHECK(list.sticky_member(context) == list.member_of(*list.choose({}, context)));
    }
}

TEST_CASE("a member that says something else is told of what, and what the others say", "[groups]") {
    using ferrotunnel::wire::Eject;
    using ferrotunnel::wire::Sticky;
    const Membership others;
    const auto told = [](const Membership& of_others, const Membership& own) {
        const std::string text = membership_mismatch(of_others, own).text;
        return text.substr(0, text.find(". All"));
    };
    Membership own;
    own.sticky = Sticky::cookie;
    CHECK(told(others, own) ==
          "The other members of its group have `sticky: off`, and this client has `sticky: cookie`");
    Membership ejects;
    ejects.eject.failures = 5;
    CHECK(told(ejects, others) == "The other members of its group have `eject: 5`, and this client has `eject: off`");
    const auto told_of = [&](const Eject& eject) {
        Membership another;
        another.eject = eject;
        return told(ejects, another);
    };
    CHECK(told_of({.failures = 3}) ==
          "The other members of its group have `eject.failures: 5`, and this client has `eject.failures: 3`");
    CHECK(told_of({.failures = 5, .first_ms = 200}) ==
          "The other members of its group have `eject.first: 10000ms`, and this client has `eject.first: 200ms`");
    CHECK(
        told_of({.failures = 5, .longest_ms = 60'000}) ==
        "The other members of its group have `eject.longest: 300000ms`, and this client has `eject.longest: 60000ms`");
    CHECK(told_of({.failures = 5, .share = 100}) ==
          "The other members of its group have `eject.share: 50`, and this client has `eject.share: 100`");
    CHECK(told_of({.failures = 5, .counts = Eject::refused | Eject::answers_5xx}) ==
          "The other members of its group have `eject.counts: [refused, reset, 5xx]`, and this client has "
          "`eject.counts: [refused, 5xx]`");
    CHECK(told_of({.failures = 5, .last_too = true}) ==
          "The other members of its group have `eject.all_unhealthy: try`, and this client has `eject.all_unhealthy: "
          "refuse`");
}

TEST_CASE("a carrier that was passed over is known by its number, which none that comes later has") {
    CarrierList<StubTrunk> list;
    auto gone = std::make_shared<StubTrunk>();
    const CarrierId passed = gone->carrier_id();
    gone.reset();
    const auto next = std::make_shared<StubTrunk>();  // perhaps at the same address
    list.add(next, 1);
    REQUIRE(list.choose({passed}) != nullptr);
    CHECK(list.choose({passed})->trunk == next);
    CHECK(list.choose({next->carrier_id()}) == nullptr);
}
