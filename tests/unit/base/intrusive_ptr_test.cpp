#include "base/intrusive_ptr.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/load.hpp"

namespace ferrotunnel {
namespace {

struct Base : RefCounted {
    explicit Base(int& destroyed_in) : destroyed(destroyed_in) {}
    ~Base() override { ++destroyed; }
    int& destroyed;
};

struct Derived final : Base {
    using Base::Base;
    int number = 7;
};

static_assert(std::is_nothrow_move_constructible_v<IntrusivePtr<Base>>);
static_assert(std::is_nothrow_move_assignable_v<IntrusivePtr<Base>>);
static_assert(std::is_convertible_v<IntrusivePtr<Derived>, IntrusivePtr<Base>>);
static_assert(!std::is_convertible_v<IntrusivePtr<Base>, IntrusivePtr<Derived>>);
static_assert(!std::is_convertible_v<Base*, IntrusivePtr<Base>>);
static_assert(sizeof(IntrusivePtr<Base>) == sizeof(void*));

TEST_CASE("the last pointer to go destroys the object", "[intrusive]") {
    int destroyed = 0;
    {
        auto first = make_intrusive<Base>(destroyed);
        IntrusivePtr<Base> second = first;
        REQUIRE(first == second);
        first.reset();
        REQUIRE_FALSE(first);
        REQUIRE(destroyed == 0);
    }
    REQUIRE(destroyed == 1);
}

TEST_CASE("an empty pointer is harmless", "[intrusive]") {
    IntrusivePtr<Base> none;
    IntrusivePtr<Base> null = nullptr;
    IntrusivePtr<Base> copy = none;
    none.reset();
    REQUIRE(none == null);
    REQUIRE(copy.get() == nullptr);
    REQUIRE(none.detach() == nullptr);
    REQUIRE_FALSE(IntrusivePtr<Base>(static_cast<Base*>(nullptr)));
}

TEST_CASE("moving passes the reference on", "[intrusive]") {
    int destroyed = 0;
    auto first = make_intrusive<Base>(destroyed);
    Base* object = first.get();
    IntrusivePtr<Base> second = std::move(first);
    REQUIRE_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is promised
    REQUIRE(second.get() == object);
    second = nullptr;
    REQUIRE(destroyed == 1);
}

TEST_CASE("assignment lets go of what was held, also to itself", "[intrusive]") {
    int destroyed = 0;
    auto first = make_intrusive<Base>(destroyed);
    auto second = make_intrusive<Base>(destroyed);
    first = second;
    REQUIRE(destroyed == 1);
    IntrusivePtr<Base>& alias = first;
    first = alias;
    first = std::move(alias);
    REQUIRE(first == second);
    second.reset();
    REQUIRE(destroyed == 1);
    first.reset();
    REQUIRE(destroyed == 2);
}

TEST_CASE("a pointer to a derived object becomes one to its base", "[intrusive]") {
    int destroyed = 0;
    auto derived = make_intrusive<Derived>(destroyed);
    IntrusivePtr<Base> shared = derived;
    REQUIRE(derived);
    IntrusivePtr<Base> taken = std::move(derived);
    REQUIRE_FALSE(derived);  // NOLINT(bugprone-use-after-move)
    shared.reset();
    REQUIRE(static_cast<Derived&>(*taken).number == 7);
    taken.reset();
    REQUIRE(destroyed == 1);
}

TEST_CASE("detach and adopt carry a reference through a plain pointer", "[intrusive]") {
    int destroyed = 0;
    auto first = make_intrusive<Base>(destroyed);
    IntrusivePtr<Base> shared(first.get());
    Base* plain = first.detach();
    REQUIRE_FALSE(first);
    shared.reset();
    REQUIRE(destroyed == 0);
    IntrusivePtr<Base>::adopt(plain).reset();
    REQUIRE(destroyed == 1);
}

// Looks at its owner's pointer while it is destroyed.
struct Part final : RefCounted {
    explicit Part(IntrusivePtr<Part>& holder_in, bool& holder_was_empty_in)
        : holder(holder_in), holder_was_empty(holder_was_empty_in) {}
    ~Part() override { holder_was_empty = !holder; }
    IntrusivePtr<Part>& holder;
    bool& holder_was_empty;
};

TEST_CASE("a pointer is empty before the object that it held goes", "[intrusive]") {
    bool was_empty = false;
    IntrusivePtr<Part> holder;
    holder = make_intrusive<Part>(holder, was_empty);
    holder.reset();
    REQUIRE(was_empty);
    was_empty = false;
    holder = make_intrusive<Part>(holder, was_empty);
    holder = nullptr;
    REQUIRE(was_empty);
}

TEST_CASE("references are counted right on many threads", "[intrusive][threads]") {
    int destroyed = 0;
    auto object = make_intrusive<Base>(destroyed);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([mine = object] {
            for (std::uint64_t n = test::load(300'000); n > 0; --n) {
                IntrusivePtr<Base> copy = mine;
                IntrusivePtr<Base> moved = std::move(copy);
            }
        });
    }
    object.reset();
    for (auto& thread : threads) {
        thread.join();
    }
    threads.clear();
    REQUIRE(destroyed == 1);
}

}  // namespace
}  // namespace ferrotunnel
