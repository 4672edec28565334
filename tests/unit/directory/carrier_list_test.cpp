#include "directory/carrier_list.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::directory;

namespace {

struct Trunk {
    std::uint64_t load() const noexcept { return now; }

    std::uint64_t now = 0;
    bool near = false;
};

bool is_near(const Trunk& trunk) {
    return trunk.near;
}

}  // namespace

TEST_CASE("of trunks, one nearby is chosen unless it has much more to do") {
    constexpr std::uint64_t detour = CarrierList<Trunk>::detour;
    const auto far = std::make_shared<Trunk>();
    const auto near = std::make_shared<Trunk>();
    near->near = true;
    CarrierList<Trunk> list;
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
    CHECK(list.choose({near.get()}, is_near)->trunk == far);
    CHECK(list.choose({near.get(), far.get()}, is_near) == nullptr);
    near->near = false;
    CHECK(chosen(3, 2) == near);
    CHECK(chosen(2, 3) == far);
}

TEST_CASE("of a group, the member is chosen first, and then the trunk with the least load", "[groups]") {
    const Membership first{{{1}, {9}}, {{1}, {1}}};
    const Membership second{{{1}, {9}}, {{1}, {2}}};
    const auto of_first = std::make_shared<Trunk>();
    const auto also_of_first = std::make_shared<Trunk>();
    const auto of_second = std::make_shared<Trunk>();
    CarrierList<Trunk> list;
    list.add(of_first, 1, first);
    list.add(also_of_first, 1, first);
    list.add(of_second, 7, second);
    of_first->now = 5;
    CHECK(list.choose({})->trunk == also_of_first);
    CHECK(list.choose({})->trunk == of_second);
    CHECK(list.choose({})->service == 1);
    CHECK(list.choose({})->service == 7);
    CHECK(list.choose({of_second.get()})->trunk == also_of_first);
    CHECK(list.choose({of_second.get(), also_of_first.get()})->trunk == of_first);
    CHECK(list.choose({of_second.get(), also_of_first.get(), of_first.get()}) == nullptr);

    SECTION("near trunks are preferred within the member alone") {
        of_second->near = true;
        CHECK(list.choose({}, is_near)->trunk != list.choose({}, is_near)->trunk);
    }
    SECTION("one that yields makes room for a trunk of its own client") {
        list.set_yields(*of_second);
        CHECK(list.add(std::make_shared<Trunk>(), 1, first).empty());
        CHECK(list.add(std::make_shared<Trunk>(), 7, second) == std::vector{of_second});
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
        list.add(std::make_shared<Trunk>(), 1, heavy);
        int seconds = 0;
        for (int i = 0; i < 20; ++i) {
            seconds += list.choose({})->service == 7 ? 1 : 0;
        }
        CHECK(seconds == 2);
    }
}

TEST_CASE("limit: so many members has a group, which say the same of the balance", "[groups]") {
    CarrierList<Trunk> list;
    Membership member{{{1}, {9}}, {{1}, {}}};
    for (std::size_t i = 0; i < ferrotunnel::limits::group_members_max; ++i) {
        member.client.second = {static_cast<std::uint8_t>(i)};
        REQUIRE(list.may_join(member));
        list.add(std::make_shared<Trunk>(), 1, member);
    }
    CHECK(list.may_join(member));  // one more trunk of one that is there
    member.client.second = {0xff};
    CHECK_FALSE(list.may_join(member));

    CarrierList<Trunk> small;
    small.add(std::make_shared<Trunk>(), 1, member);
    Membership other{member.group, {{1}, {1}}, ferrotunnel::wire::Balance::least};
    CHECK_FALSE(small.may_join(other));
    other.balance = member.balance;
    CHECK(small.may_join(other));
}

TEST_CASE("what is behind a carrier is unhealthy: it is passed over, whatever the balance", "[health]") {
    using ferrotunnel::wire::Balance;
    const auto balance = GENERATE(Balance::round_robin, Balance::least, Balance::two_choices);
    const Membership first{{{1}, {9}}, {{1}, {1}}, balance};
    const Membership second{{{1}, {9}}, {{1}, {2}}, balance};
    const Membership third{{{1}, {9}}, {{1}, {3}}, balance, 1, true};
    const auto one = std::make_shared<Trunk>();
    const auto two = std::make_shared<Trunk>();
    const auto standby = std::make_shared<Trunk>();
    CarrierList<Trunk> list;
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
    CHECK(list.choose({one.get()})->trunk == standby);
    CHECK(list.has(*one));
}

TEST_CASE("where nothing is healthy, what is to be tried all the same gets visitors", "[health]") {
    const auto one = std::make_shared<Trunk>();
    const auto two = std::make_shared<Trunk>();
    CarrierList<Trunk> list;
    CHECK_FALSE(list.is_unhealthy());  // there is none
    list.add(one, 1, Membership{{{1}, {9}}, {{1}, {1}}}, {false, true});
    CHECK(list.choose({})->trunk == one);
    list.add(two, 1, Membership{{{1}, {9}}, {{1}, {2}}});
    for (int i = 0; i < 3; ++i) {
        CHECK(list.choose({})->trunk == two);
    }
    CHECK(list.choose({two.get()}) == nullptr);  // it is busy, and not ill
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
    const auto one = std::make_shared<Trunk>();
    const auto two = std::make_shared<Trunk>();
    CarrierList<Trunk> list;
    list.add(one, 1);
    list.add(two, 1, std::nullopt, {false, false});
    two->near = true;
    CHECK(list.choose({}, is_near)->trunk == one);
    one->now = 1'000;
    CHECK(list.choose({}, is_near)->trunk == one);
    list.set_health(*one, {false, false});
    CHECK(list.choose({}, is_near) == nullptr);
}
