// Links between members: who gets in, what travels on them, and what happens when they are lost.
#include "peers/links.hpp"

#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/peers/peers_rig.hpp"
#include "unit/peers/played_member.hpp"
#include "wire/cbor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;
using transport::test::connect_to;
using transport::test::loopback;
using transport::test::wait_for;

namespace {

cluster::Message lost_message(std::uint64_t since) {
    return cluster::Lost{cluster::Name::of_port(2222, false), since};
}

// What has arrived before the end, such as an alert, is read.
bool is_closed(const runtime::Fd& socket) {
    char bytes[64];
    ssize_t got = 1;
    while (got > 0) {
        got = ::recv(socket.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    }
    return got == 0 || errno != EAGAIN;
}

runtime::Fd connect_from(const std::string& ip, std::uint16_t port) {
    runtime::Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
    const auto from = runtime::SocketAddress::from_ip(ip, 0);
    REQUIRE(from);
    REQUIRE(::bind(socket.get(), from->raw(), from->raw_size()) == 0);
    const runtime::SocketAddress to = loopback(port);
    REQUIRE(::connect(socket.get(), to.raw(), to.raw_size()) == 0);
    return socket;
}

void send_raw(const runtime::Fd& socket, std::string_view text) {
    REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

std::unique_ptr<transport::Pipe> played_control_link(std::uint16_t port) {
    return played_link(port, LinkKind::control);
}

}  // namespace

TEST_CASE("members link, and their registers exchange messages", "[threads]") {
    TwoMembers rig;
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    CHECK(rig.a.state().agent == "test/b");
    CHECK(rig.b.state().agent == "test/a");
    CHECK(rig.a.state().address == "127.0.0.1:" + std::to_string(rig.place.port));
    CHECK(rig.a.state().problem == "");
    CHECK(rig.a.state().round_trip > Duration::zero());  // at once, not when the link is checked next
    CHECK(eventually([&] { return rig.b.state().round_trip > Duration::zero(); }));
    CHECK(eventually([&] { return rig.a.log.count("linked with a member of the cluster member=b") == 1; }));
    CHECK(eventually([&] { return rig.b.log.count("linked with a member of the cluster member=a") == 1; }));

    REQUIRE(rig.a.names.send("b", {lost_message(1), lost_message(2)}));
    REQUIRE(rig.b.names.send("a", {lost_message(3)}));
    REQUIRE(eventually([&] { return rig.b.names.messages().size() == 2 && rig.a.names.messages().size() == 1; }));
    const std::pair<std::string, cluster::Message> second{"a", lost_message(2)};
    const std::pair<std::string, cluster::Message> third{"b", lost_message(3)};
    CHECK(rig.b.names.messages()[1] == second);
    CHECK(rig.a.names.messages()[0] == third);
}

TEST_CASE("any number of messages waits in the register, and not on the link", "[threads]") {
    TwoMembers rig;
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    constexpr std::size_t count = 20'000;
    std::vector<cluster::Message> messages;
    for (std::size_t i = 0; i < count; ++i) {
        messages.push_back(lost_message(i));
    }
    REQUIRE(rig.a.names.send("b", messages));
    REQUIRE(eventually([&] { return rig.b.names.messages().size() == count; }));
    const auto received = rig.b.names.messages();
    bool in_order = true;
    for (std::size_t i = 0; i < count; ++i) {
        in_order = in_order && received[i].second == messages[i];
    }
    CHECK(in_order);
    CHECK(rig.a.names.waiting() == 0);
}

TEST_CASE("a member with another key is refused", "[threads]") {
    TwoMembers rig(2);
    rig.start();
    REQUIRE(eventually([&] { return rig.b.links.refused() > 0 && !rig.a.state().problem.empty(); }));
    CHECK_FALSE(rig.a.state().linked);
    CHECK(eventually(
        [&] { return rig.b.log.count("a connection to the cluster's port was refused peer=127.0.0.1:") > 0; }));
    CHECK(eventually([&] { return rig.a.log.count("could not link with a member of the cluster member=b") > 0; }));
    // The key is corrected on one side: the next connections use it.
    rig.b.links.set_keys(keys_of(1));
    CHECK(eventually([&] { return rig.are_linked(); }));
}

TEST_CASE("strangers at the cluster's port are refused", "[threads]") {
    TwoMembers rig;
    rig.b.start(std::move(rig.place.listener));
    SECTION("plain bytes") {
        const runtime::Fd stranger = connect_to(loopback(rig.place.port));
        send_raw(stranger, "GET / HTTP/1.1\r\nHost: b\r\n\r\n");
        CHECK(eventually([&] { return is_closed(stranger); }));
    }
    SECTION("a tunnel client") {
        auto client = transport::make_tls_pipe(connect_to(loopback(rig.place.port)), transport::test::client_context());
        std::string why;
        transport::IoStatus status = client->handshake(why);
        while (status == transport::IoStatus::would_block) {
            wait_for(client->fd(), POLLIN);
            status = client->handshake(why);
        }
        CHECK(status != transport::IoStatus::ok);
    }
    SECTION("a member that is not in the list") {
        const auto stranger = played_member(rig.place.port, "z");
        CHECK(eventually([&] { return rig.b.log.count("\"z\" is not in this member's list of peers") == 1; }));
    }
    SECTION("a member whose hello is not valid") {
        const auto stranger = played_member(rig.place.port);
        send_control(*stranger, as_bytes("?"));
        CHECK(eventually([&] { return rig.b.log.count("the link's hello is not valid") == 1; }));
    }
    SECTION("a member with a later version of links") {
        const auto stranger = played_member(rig.place.port);
        wire::cbor::Writer hello;
        hello.map(1).text("version").unsigned_integer(2);
        send_control(*stranger, hello.take());
        CHECK(eventually([&] { return rig.b.log.count("links of version 2 are not supported") == 1; }));
    }
    CHECK(eventually([&] { return rig.b.links.refused() == 1; }));
    CHECK(eventually([&] { return rig.b.log.count("a connection to the cluster's port was refused") == 1; }));
    CHECK_FALSE(rig.b.state().linked);
    // Members link all the same.
    rig.a.start(runtime::test::listen_on_loopback());
    CHECK(eventually([&] { return rig.are_linked(); }));
}

TEST_CASE("a member that calls itself otherwise than it has proved is refused", "[threads]") {
    TwoMembers rig;
    rig.a.names.hello_as = "c";
    rig.start();
    REQUIRE(
        eventually([&] { return rig.b.log.count("the member has proved to be \"a\", and calls itself \"c\"") > 0; }));
    CHECK(rig.b.names.connects == 0);
    CHECK_FALSE(rig.b.state().linked);
}

TEST_CASE("a member that the register refuses is not linked", "[threads]") {
    TwoMembers rig;
    rig.b.names.refusal = "its clock is a day ahead";
    rig.start();
    REQUIRE(eventually([&] { return rig.b.state().problem == "its clock is a day ahead"; }));
    REQUIRE(eventually([&] { return rig.a.state().problem == "its clock is a day ahead"; }));
    CHECK_FALSE(rig.b.state().linked);
}

TEST_CASE("more connections without a proof than allowed evict the oldest", "[threads]") {
    TwoMembers rig;
    rig.b.start(std::move(rig.place.listener));
    std::vector<runtime::Fd> strangers;
    for (std::uint32_t i = 0; i < limits::links_unproved_max; ++i) {
        strangers.push_back(connect_to(loopback(rig.place.port)));
    }
    CHECK(rig.b.links.refused() == 0);
    strangers.push_back(connect_to(loopback(rig.place.port)));
    REQUIRE(eventually([&] { return is_closed(strangers.front()); }));
    CHECK(eventually([&] { return rig.b.links.refused() == 1; }));
    CHECK_FALSE(is_closed(strangers[1]));
    CHECK_FALSE(is_closed(strangers.back()));
    CHECK(rig.b.log.count("too many connections to the cluster's port without a proof: the oldest was closed") == 1);
    rig.a.start(runtime::test::listen_on_loopback());
    CHECK(eventually([&] { return rig.are_linked(); }));
}

TEST_CASE("strangers do not evict connections from addresses of members", "[threads]") {
    Place place;
    const bool is_learned = GENERATE(false, true);
    const char* const name = is_learned ? "localhost" : "127.0.0.1";  // names are learned by the first link
    Member b("b", {{"a", name, 1}});
    b.start(std::move(place.listener));
    if (is_learned) {
        Member a("a", {{"b", "127.0.0.1", place.port}});
        a.start(runtime::test::listen_on_loopback());
        REQUIRE(eventually([&] { return a.is_linked(2) && b.is_linked(2); }));
        a.links.stop();
        REQUIRE(eventually([&] { return !b.state().linked; }));
    }
    const runtime::Fd member = connect_to(loopback(place.port));
    std::vector<runtime::Fd> strangers;
    for (std::uint32_t i = 0; i <= limits::links_unproved_max; ++i) {
        strangers.push_back(connect_from("127.1." + std::to_string(i) + ".1", place.port));
    }
    REQUIRE(eventually([&] { return is_closed(strangers.front()); }));
    CHECK_FALSE(is_closed(member));
    CHECK_FALSE(is_closed(strangers.back()));
}

TEST_CASE("limit: connections without a proof of one address, and of a block", "[threads]") {
    TwoMembers rig;
    rig.b.start(std::move(rig.place.listener));
    std::vector<runtime::Fd> strangers;
    for (std::uint32_t i = 0; i < limits::links_unproved_of_address_max; ++i) {
        strangers.push_back(connect_from("127.1.1.1", rig.place.port));
    }
    for (std::uint32_t i = limits::links_unproved_of_address_max; i < limits::links_unproved_of_block_max; ++i) {
        strangers.push_back(connect_from("127.1.1.2", rig.place.port));
    }
    const runtime::Fd other = connect_from("127.1.2.1", rig.place.port);
    const runtime::Fd one_more = connect_from("127.1.1.2", rig.place.port);
    REQUIRE(eventually([&] { return is_closed(strangers[limits::links_unproved_of_address_max]); }));
    CHECK_FALSE(is_closed(strangers.front()));
    const runtime::Fd of_block = connect_from("127.1.1.3", rig.place.port);
    REQUIRE(eventually([&] { return is_closed(strangers.front()); }));
    CHECK_FALSE(is_closed(other));
    CHECK_FALSE(is_closed(one_more));
    CHECK_FALSE(is_closed(of_block));
}

TEST_CASE("a connection without a proof ends after its time", "[threads]") {
    LinkSettings times = quick_retries();
    times.proof = std::chrono::milliseconds(100);
    TwoMembers rig(1, times);
    rig.b.start(std::move(rig.place.listener));
    const runtime::Fd stranger = connect_to(loopback(rig.place.port));
    CHECK(eventually([&] { return is_closed(stranger); }));
    CHECK(eventually([&] { return rig.b.log.count("code=handshake_timeout") == 1; }));
}

TEST_CASE("a link that is lost is dialled again", "[threads]") {
    TwoMembers rig;
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    rig.b.names.refuse("a", "the test ends it");
    REQUIRE(eventually([&] { return rig.a.names.disconnects == 1 && rig.b.names.disconnects == 1; }));
    CHECK(eventually([&] { return rig.a.names.connects == 2 && rig.are_linked(); }));
    CHECK(eventually([&] { return rig.b.log.count("the link to a member of the cluster was lost member=a") == 1; }));
    CHECK(rig.b.log.count("why=the test ends it") == 1);
    CHECK(eventually([&] { return rig.a.log.count("the link to a member of the cluster was lost member=b") == 1; }));
}

TEST_CASE("a member that starts later, or again, is linked", "[threads]") {
    Place place;
    Member a("a", {{"b", "127.0.0.1", place.port}});
    place.listener.reset();
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return !a.state().problem.empty(); }));
    CHECK(eventually([&] { return a.log.count("could not connect to a member of the cluster member=b") == 1; }));
    for (int run = 1; run <= 2; ++run) {
        std::error_code error;
        Member b("b", {{"a", "127.0.0.1", 1}});
        b.start(runtime::listen_on(loopback(place.port), error));
        REQUIRE_FALSE(error);
        REQUIRE(eventually([&] { return a.is_linked(2) && b.is_linked(2); }));
        CHECK(a.names.connects == run);
        b.workers.stop();
        b.workers.join();
        b.links.stop();
        REQUIRE(eventually([&] { return !a.state().linked && a.state().data_links == 0; }));
        CHECK(a.names.disconnects == run);
    }
}

TEST_CASE("a member that is silent gets no visitors, and then its links are closed", "[threads]") {
    LinkSettings times = quick_retries();
    times.ping = std::chrono::milliseconds(50);
    times.unresponsive = std::chrono::milliseconds(300);
    times.check = std::chrono::milliseconds(20);
    times.dead = std::chrono::seconds(3);
    TwoMembers rig(1, times);
    rig.b.start(std::move(rig.place.listener));
    const auto silent = played_link(rig.place.port, LinkKind::data);
    REQUIRE(eventually([&] { return rig.b.state().data_links == 1; }));
    // It answers no ping.
    REQUIRE(eventually([&] { return !rig.b.carrier().is_responsive(); }));
    REQUIRE(eventually([&] { return rig.b.state().data_links == 0; }));
    CHECK(eventually(
        [&] { return rig.b.log.count("why=nothing was received from the peer for the dead interval") == 1; }));
}

TEST_CASE("a newer control link of a member replaces the older one", "[threads]") {
    TwoMembers rig;
    rig.b.start(std::move(rig.place.listener));
    const auto older = played_control_link(rig.place.port);
    rig.a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    CHECK(transport::test::read_to_end(*older).status == transport::IoStatus::eof);
}

TEST_CASE("a control link that breaks its rules ends", "[threads]") {
    LinkSettings times = quick_retries();
    const bool is_late = GENERATE(false, true);
    if (is_late) {
        times.register_hello = std::chrono::milliseconds(100);
        times.check = std::chrono::milliseconds(20);
    }
    TwoMembers rig(1, times);
    rig.b.start(std::move(rig.place.listener));
    const auto link = played_control_link(rig.place.port);
    std::string why;
    if (is_late) {
        why = "the register's hello did not arrive in time";
    } else {
        open_stream(*link, 2);
        SECTION("a message that is not valid") {
            send_frame(*link, wire::FrameType::data, 2, as_bytes({"\0\0\0\1?", 5}));
            why = "code=protocol";
        }
        SECTION("a message that is too long") {
            send_frame(*link, wire::FrameType::data, 2, as_bytes({"\0\0\x40\1", 4}));
            why = "a message of the register has 16385 bytes";
        }
        SECTION("another first message") {
            send_frame(*link, wire::FrameType::data, 2, frame_message(lost_message(1)));
            why = "the register's first message is not a hello";
        }
        SECTION("a second stream") {
            open_stream(*link, 4);
            why = "a control link has one stream, which the dialling end opens";
        }
        SECTION("a second hello") {
            const std::vector<std::uint8_t> hello = frame_message(FakeRegister("a").hello());
            send_frame(*link, wire::FrameType::data, 2, hello);
            send_frame(*link, wire::FrameType::data, 2, hello);
            why = "a second hello of the register";
        }
    }
    CHECK(transport::test::read_to_end(*link).status == transport::IoStatus::eof);
    CHECK(eventually([&] { return rig.b.log.count(why) == 1; }));
    CHECK_FALSE(rig.b.state().linked);
}

TEST_CASE("limit: data links of one member, with those that it has retired", "[threads]") {
    LinkSettings times = quick_retries();
    times.data_links = 2;
    TwoMembers rig(1, times);
    rig.b.start(std::move(rig.place.listener));
    std::vector<std::unique_ptr<transport::Pipe>> links;
    for (std::size_t i = 0; i < times.data_links; ++i) {
        links.push_back(played_link(rig.place.port, LinkKind::data));
        REQUIRE(eventually([&] { return rig.b.state().data_links == i + 1; }));
    }
    std::uint8_t goaway[wire::goaway_frame_max];
    const Bytes leaves(goaway, wire::encode_goaway({limits::stream_id_max, wire::Code::going_away, {}}, goaway));
    REQUIRE(links.front()->write({&leaves, 1}).status == transport::IoStatus::ok);
    REQUIRE(eventually([&] { return rig.b.state().data_links == 1; }));
    const auto further = played_link(rig.place.port, LinkKind::data);
    CHECK(transport::test::read_to_end(*further).status == transport::IoStatus::eof);
    CHECK(eventually([&] { return rig.b.log.count("why=there are too many data links of this member") == 1; }));
    CHECK(rig.b.state().data_links == 1);
    links.erase(links.begin());
    REQUIRE(eventually([&] { return rig.b.log.count("a data link to a member of the cluster has ended") == 2; }));
    links.push_back(played_link(rig.place.port, LinkKind::data));
    CHECK(eventually([&] { return rig.b.state().data_links == 2; }));
}

TEST_CASE("of two members only the one with the smaller name dials", "[threads]") {
    Place place;
    Member b("b", {{"c", "127.0.0.1", 1}});
    b.start(std::move(place.listener));
    const auto wrong = played_member(place.port, "c");
    send_hello(*wrong, GENERATE(LinkKind::control, LinkKind::data));
    CHECK(eventually([&] { return b.log.count("\"c\" is not to dial this member") == 1; }));
    CHECK(b.links.refused() == 1);
}

TEST_CASE("a drained member keeps its links, and dials no other", "[threads]") {
    TwoMembers rig;
    rig.start();
    REQUIRE(eventually([&] { return rig.are_linked(); }));
    rig.a.links.drain();
    REQUIRE(rig.a.names.send("b", {lost_message(1)}));
    REQUIRE(eventually([&] { return rig.b.names.messages().size() == 1; }));
    rig.b.names.refuse("a", "the test ends it");
    REQUIRE(eventually([&] { return !rig.a.state().linked; }));
    CHECK(rig.a.state().data_links == 2);
    rig.a.links.stop();
    REQUIRE(eventually([&] { return rig.a.state().data_links == 0 && rig.b.state().data_links == 0; }));
    CHECK(rig.a.names.connects == 1);
}
