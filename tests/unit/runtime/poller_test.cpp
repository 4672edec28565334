#include "runtime/poller.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "runtime/socket.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;

namespace {

struct Target final : PollTarget {
    void on_events(std::uint32_t events) noexcept override {
        ++calls;
        seen |= events;
        if (then) {
            then();
        }
    }
    int calls = 0;
    std::uint32_t seen = 0;
    std::function<void()> then;
};

void send_byte(const Fd& fd) {
    REQUIRE(write_some(fd.get(), as_bytes("x")).bytes == 1);
}

}  // namespace

TEST_CASE("a descriptor tells its state once, then each change") {
    Poller poller;
    auto [left, right] = socket_pair();
    Target target;
    poller.add(left.get(), target);
    CHECK(poller.size() == 1);

    CHECK(poller.dispatch() == 1);
    CHECK(target.seen == EPOLLOUT);
    CHECK(poller.dispatch() == 0);

    send_byte(right);
    CHECK(poller.dispatch() == 1);
    CHECK((target.seen & EPOLLIN) != 0);
    CHECK(poller.dispatch() == 0);  // not read, but nothing changed
    send_byte(right);
    CHECK(poller.dispatch() == 1);  // changed again

    right.reset();
    CHECK(poller.dispatch() == 1);
    CHECK((target.seen & (EPOLLRDHUP | EPOLLHUP)) != 0);

    poller.remove(left.get(), target);
    CHECK(poller.size() == 0);
}

TEST_CASE("limit: so many events are told at once, and none is lost") {
    Poller poller;
    std::vector<Fd> ends;
    std::vector<std::unique_ptr<Target>> targets;
    constexpr std::size_t once = Poller::batch_max;
    for (std::size_t i = 0; i < once + 10; ++i) {
        auto [left, right] = socket_pair();
        targets.push_back(std::make_unique<Target>());
        poller.add(left.get(), *targets.back());
        ends.push_back(std::move(left));
        ends.push_back(std::move(right));
    }
    CHECK(poller.dispatch() == once);
    CHECK(poller.dispatch() == 10);
    CHECK(poller.dispatch() == 0);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        CHECK(targets[i]->calls == 1);
        poller.remove(ends[2 * i].get(), *targets[i]);
    }
}

TEST_CASE("adding what cannot be polled throws") {
    Poller poller;
    Target target;
    CHECK_THROWS_AS(poller.add(-1, target), std::system_error);
    CHECK(poller.size() == 0);
}

TEST_CASE("targets that are removed and destroyed within a batch get nothing more") {
    Poller poller;
    constexpr int count = 32;
    std::vector<std::pair<Fd, Fd>> pairs;
    std::vector<std::unique_ptr<Target>> targets;
    int calls = 0;
    for (int i = 0; i < count; ++i) {
        pairs.push_back(socket_pair());
        targets.push_back(std::make_unique<Target>());
        // The target that is called first destroys all of them, itself included.
        targets.back()->then = [&] {
            ++calls;
            for (std::size_t k = 0; k < targets.size(); ++k) {
                poller.remove(pairs[k].first.get(), *targets[k]);
            }
            auto doomed = std::move(targets);
            targets.clear();
            for (auto& target : doomed) {
                target->then = nullptr;  // the one that runs is a copy held by nobody else: keep this frame valid
            }
            static std::vector<std::unique_ptr<Target>> kept;
            kept = std::move(doomed);
        };
        poller.add(pairs.back().first.get(), *targets.back());
    }
    CHECK(poller.dispatch() == count);
    CHECK(calls == 1);
    CHECK(poller.size() == 0);
    CHECK(poller.dispatch() == 0);
}

TEST_CASE("a descriptor number that is used again within a batch belongs to its new target") {
    Poller poller;
    auto first = socket_pair();
    auto second = socket_pair();
    Target old_target;
    Target new_target;
    Target other;
    std::pair<Fd, Fd> renewed;
    auto replace = [&](Target& doomed, Fd& fd) {
        if (renewed.first) {
            return;
        }
        poller.remove(fd.get(), doomed);
        fd.reset();
        renewed = socket_pair();
        poller.add(renewed.first.get(), new_target);
    };
    // The target that is called first replaces the other one.
    old_target.then = [&] { replace(other, second.first); };
    other.then = [&] { replace(old_target, first.first); };
    poller.add(first.first.get(), old_target);
    poller.add(second.first.get(), other);

    CHECK(poller.dispatch() == 2);
    CHECK(old_target.calls + other.calls == 1);
    CHECK(new_target.calls == 0);
    CHECK(poller.dispatch() == 1);
    CHECK(new_target.seen == EPOLLOUT);
}

TEST_CASE("a poller is readable while it has something to tell") {
    Poller inner;
    Poller outer;
    auto [left, right] = socket_pair();
    Target target;
    Target nested;
    nested.then = [&] { inner.dispatch(); };
    outer.add(inner.descriptor(), nested);
    inner.add(left.get(), target);
    CHECK(outer.dispatch() == 1);
    CHECK(target.calls == 1);
    send_byte(right);
    CHECK(outer.dispatch() == 1);
    CHECK(target.calls == 2);
    outer.remove(inner.descriptor(), nested);
    inner.remove(left.get(), target);
}

TEST_CASE("dispatching from within a target does nothing") {
    Poller poller;
    auto [left, right] = socket_pair();
    Target target;
    std::size_t inner = 99;
    target.then = [&] { inner = poller.dispatch(); };
    auto other_pair = socket_pair();
    Target other;
    poller.add(left.get(), target);
    poller.add(other_pair.first.get(), other);
    CHECK(poller.dispatch() == 2);
    CHECK(other.calls == 1);
    CHECK(inner == 0);
}
