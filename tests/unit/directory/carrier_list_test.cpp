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
