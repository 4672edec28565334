// A member that starts asks those that dial it to do that now.
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "peers/message_stream.hpp"
#include "unit/peers/peers_rig.hpp"
#include "unit/peers/played_member.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;

namespace {

LinkSettings hardly_any_retries() {
    LinkSettings times;
    times.retry_first = times.retry_max = std::chrono::hours(1);
    return times;
}

bool has_connection(const Place& place) {
    pollfd source{place.listener.get(), POLLIN, 0};
    return ::poll(&source, 1, 0) == 1;
}

runtime::Fd accept_at(const Place& place) {
    return runtime::Fd(::accept(place.listener.get(), nullptr, nullptr));
}

/// Copies what comes from each side to the other one, until one of them ends.
class Passage {
public:
    Passage(runtime::Fd left, runtime::Fd right)
        : left_(std::move(left)), right_(std::move(right)), thread_([this] { copy_all(); }) {}
    ~Passage() {
        ::shutdown(left_.get(), SHUT_RDWR);
        thread_.join();
    }
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;

private:
    void copy_all() const {
        std::array<pollfd, 2> sources{{{left_.get(), POLLIN, 0}, {right_.get(), POLLIN, 0}}};
        while (::poll(sources.data(), sources.size(), -1) > 0 && copy(sources[0], right_) && copy(sources[1], left_)) {
        }
    }
    static bool copy(const pollfd& from, const runtime::Fd& to) {
        if (from.revents == 0) {
            return true;
        }
        std::array<char, 4'096> bytes{};
        const ssize_t got = ::recv(from.fd, bytes.data(), bytes.size(), 0);
        return got > 0 && ::send(to.get(), bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
    }

    const runtime::Fd left_;
    const runtime::Fd right_;
    std::thread thread_;
};

}  // namespace

TEST_CASE("a member that starts is linked however long the others would wait", "[threads]") {
    Place here;
    Place there;
    Member a("a", {{"b", "127.0.0.1", there.port}}, 1, 2, hardly_any_retries());
    there.listener.reset();
    a.start(std::move(here.listener));
    REQUIRE(eventually([&] { return a.log.count("could not connect to a member of the cluster member=b") == 1; }));
    std::error_code error;
    runtime::Fd listener = runtime::listen_on(transport::test::loopback(there.port), error);
    REQUIRE_FALSE(error);
    Member b("b", {{"a", "127.0.0.1", here.port}}, 1, 2, hardly_any_retries());
    b.start(std::move(listener));
    REQUIRE(eventually([&] { return a.is_linked(2) && b.is_linked(2); }));
    CHECK(a.links.refused() == 0);
    CHECK(b.state().problem == "");
    CHECK(a.log.count("was refused") == 0);
}

TEST_CASE("a member that is linked gets data links however long they would wait", "[threads]") {
    Place there;
    Place between;
    Member b("b", {{"a", "127.0.0.1", 1}});
    b.start(std::move(there.listener));
    Member a("a", {{"b", "127.0.0.1", between.port}}, 1, 1, hardly_any_retries());
    a.start(runtime::test::listen_on_loopback());
    // One worker dials the control link first.
    REQUIRE(eventually([&] { return has_connection(between); }));
    runtime::Fd control = accept_at(between);
    REQUIRE(eventually([&] { return has_connection(between); }));
    accept_at(between).reset();
    REQUIRE(eventually([&] { return a.log.count("a data link to a member of the cluster could not be opened") == 1; }));
    const Passage of_control(std::move(control), transport::test::connect_to(transport::test::loopback(there.port)));
    REQUIRE(eventually([&] { return has_connection(between); }));
    const Passage of_data(accept_at(between), transport::test::connect_to(transport::test::loopback(there.port)));
    CHECK(eventually([&] { return a.is_linked(1) && b.is_linked(1); }));
    CHECK(a.names.connects == 1);
}

TEST_CASE("a member is called once", "[threads]") {
    const Place here;
    Member b("b", {{"a", "127.0.0.1", here.port}});
    b.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return has_connection(here); }));
    accept_at(here).reset();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // three times the longest wait of a dialler
    CHECK_FALSE(has_connection(here));
}

TEST_CASE("a member that is linked is not called", "[threads]") {
    const Place here;
    Place there;
    LinkSettings times = quick_retries();
    times.call_after = std::chrono::seconds(2);
    Member b("b", {{"a", "127.0.0.1", here.port}}, 1, 2, times);
    const auto began = std::chrono::steady_clock::now();
    b.start(std::move(there.listener));
    const auto link = played_link(there.port, LinkKind::control);
    open_stream(*link, 2);
    send_frame(*link, wire::FrameType::data, 2, frame_message(FakeRegister("a").hello()));
    REQUIRE(eventually([&] { return b.state().linked; }));
    if (std::chrono::steady_clock::now() - began > times.call_after) {
        WARN("the machine was too busy: nothing was tested");
        return;
    }
    std::this_thread::sleep_for(times.call_after + std::chrono::milliseconds(200));
    CHECK_FALSE(has_connection(here));
}

TEST_CASE("a call is refused from a member that is to dial, and from strangers", "[threads]") {
    Place place;
    Member b("b", {{"a", "127.0.0.1", 1}});
    b.start(std::move(place.listener));
    const bool is_known = GENERATE(false, true);
    const auto call = played_link(place.port, LinkKind::call, is_known ? "a" : "c");
    CHECK(transport::test::read_to_end(*call).status == transport::IoStatus::eof);
    CHECK(eventually([&] {
        return b.log.count(is_known ? "\"a\" is not to call this member"
                                    : "\"c\" is not in this member's list of peers") == 1;
    }));
    CHECK(b.links.refused() == 1);
}

TEST_CASE("a call changes nothing while the member is linked", "[threads]") {
    Place here;
    Place there;
    Member a("a", {{"b", "127.0.0.1", there.port}});
    Member b("b", {{"a", "127.0.0.1", here.port}});
    b.start(std::move(there.listener));
    a.start(std::move(here.listener));
    REQUIRE(eventually([&] { return a.is_linked(2) && b.is_linked(2); }));
    const auto call = played_link(here.port, LinkKind::call, "b", "a");
    send_hello(*call, LinkKind::call);  // what follows the call is not read
    CHECK(transport::test::read_to_end(*call).status == transport::IoStatus::eof);
    std::this_thread::sleep_for(2 * limits::link_reached_spread);
    CHECK(a.is_linked(2));
    CHECK(a.names.connects == 1);
    CHECK(eventually([&] { return a.log.count("a data link to a member of the cluster is open") == 2; }));
    CHECK(a.links.refused() == 0);
}

TEST_CASE("limit: a member is dialled five times a second however often it calls", "[threads]") {
    Place here;
    Place there;
    constexpr std::size_t diallers = 3;
    Member a("a", {{"b", "127.0.0.1", there.port}}, 1, diallers - 1, hardly_any_retries());
    const auto began = std::chrono::steady_clock::now();
    a.start(std::move(here.listener));
    std::size_t dialled = 0;
    const auto refuse = [&] {
        for (; has_connection(there); ++dialled) {
            accept_at(there).reset();
        }
        return dialled;
    };
    REQUIRE(eventually([&] { return refuse() >= diallers; }));
    for (int calls = 0; calls < 40; ++calls) {
        const auto call = played_link(here.port, LinkKind::call, "b", "a");
        CHECK(transport::test::read_to_end(*call).status == transport::IoStatus::eof);
        refuse();
    }
    CHECK(eventually([&] { return refuse() >= 2 * diallers; }));
    const auto times = (std::chrono::steady_clock::now() - began) / limits::link_reached_spread;
    CHECK(dialled <= diallers * static_cast<std::size_t>(times + 1));
    CHECK(a.links.refused() == 0);
}
