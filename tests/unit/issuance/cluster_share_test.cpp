// Who orders a certificate in a cluster, answers to CAs at any member, and certificates of other members.
#include "issuance/cluster_share.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "issuance/challenges.hpp"
#include "support/temporary_folder.hpp"
#include "unit/acme/chain_maker.hpp"
#include "unit/directory/fake_values.hpp"

using namespace std::chrono_literals;

namespace ferrotunnel::issuance {
namespace {

using directory::test::FakeCluster;
using directory::test::FakeValues;
using Turn = ClusterShare::Turn;

const WallTime share_now = std::chrono::system_clock::from_time_t(1'800'000'000);

struct TwoShares {
    std::shared_ptr<ClusterShare> share(const std::string& member) {
        return std::make_shared<ClusterShare>(std::make_shared<FakeValues>(cluster, member));
    }
    FakeCluster cluster;
    std::shared_ptr<ClusterShare> a = share("a");
    std::shared_ptr<ClusterShare> b = share("b");
};

// A certificate as a member publishes it.
struct PublishedChain {
    std::string text(const std::string& names, const std::vector<std::string>& said, const acme::Key& with) const {
        SavedCertificate saved;
        saved.names = said;
        saved.member = "a";
        return to_json(saved) + with.to_pem() + ca.chain(ca.leaf(names), key);
    }
    std::string fault(const std::string& text, const std::string& name = "a.example.com",
                      WallTime now = share_now) const {
        const auto read = read_shared_certificate(name, text, now);
        return read ? std::string() : read.error();
    }

    acme::TestCa ca{share_now};
    acme::Key key = acme::Key::make();
};

}  // namespace

TEST_CASE("one member orders a name, and another one continues a minute after it was lost", "[issuance]") {
    TwoShares rig;
    REQUIRE(rig.a->take("a.example.com").kind == Turn::Kind::ours);
    const Turn turn = rig.b->take("a.example.com");
    CHECK(turn.kind == Turn::Kind::running);
    CHECK(turn.member == "a");
    CHECK(rig.b->take("b.example.com").kind == Turn::Kind::ours);  // another name
    CHECK(rig.a->take("a.example.com").kind == Turn::Kind::ours);  // a has been restarted
    for (int i = 0; i < 10; ++i) {
        rig.cluster.advance(ClusterShare::keep_interval);
        rig.a->keep("a.example.com");
        CHECK(rig.b->take("a.example.com").kind == Turn::Kind::running);
    }
    rig.cluster.advance(ClusterShare::lock_time - 1s);  // a was killed
    CHECK(rig.b->take("a.example.com").kind == Turn::Kind::running);
    rig.cluster.advance(1s);
    CHECK(rig.b->take("a.example.com").kind == Turn::Kind::ours);
    CHECK_FALSE(rig.a->is_ours("a.example.com"));
    rig.a->release("a.example.com");  // b's stays
    CHECK(rig.a->take("a.example.com").kind == Turn::Kind::running);
    rig.b->release("a.example.com");
    CHECK(rig.a->take("a.example.com").kind == Turn::Kind::ours);
}

TEST_CASE("of two members that take a name at once, the later one orders", "[issuance]") {
    TwoShares rig;
    REQUIRE(rig.a->take("a.example.com").kind == Turn::Kind::ours);
    rig.b->keep("a.example.com");  // it has not heard of a's yet; its change is the later one
    CHECK_FALSE(rig.a->is_ours("a.example.com"));
    CHECK(rig.b->is_ours("a.example.com"));
}

TEST_CASE("after a failure no member orders before its time, unless the operator wants it", "[issuance]") {
    TwoShares rig;
    REQUIRE(rig.a->take("a.example.com").kind == Turn::Kind::ours);
    rig.a->failed("a.example.com", "the CA\n says no", 1h);
    Turn turn = rig.b->take("a.example.com");
    CHECK(turn.kind == Turn::Kind::failed);
    CHECK(turn.member == "a");
    CHECK(turn.problem.find("says no") != std::string::npos);
    CHECK(turn.problem.find('\n') == std::string::npos);
    CHECK(turn.left == 1h);
    SECTION("its time is over") {
        rig.cluster.advance(1h);
        CHECK(rig.b->take("a.example.com").kind == Turn::Kind::ours);
    }
    SECTION("it tries again itself") {
        CHECK(rig.a->take("a.example.com").kind == Turn::Kind::ours);
    }
    SECTION("the operator of another member wants it") {
        rig.b->forget_failure("a.example.com");
        CHECK(rig.b->take("a.example.com").kind == Turn::Kind::ours);
        rig.a->forget_failure("a.example.com");  // an order that runs is nothing to forget
        CHECK(rig.a->take("a.example.com").kind == Turn::Kind::running);
    }
}

TEST_CASE("an answer to a CA is given by each member, until it is withdrawn", "[issuance]") {
    TwoShares rig;
    const test::TemporaryFolder folder;
    std::filesystem::create_directories(folder / "challenges");
    Challenges challenges(folder / "challenges");
    CHECK(challenges.settling() == Duration::zero());
    challenges.join(rig.a);
    CHECK(challenges.settling() == ClusterShare::settling);

    acme::Challenge challenge;
    challenge.identifier = *acme::read_identifier("a.example.com");
    challenge.token = "token1";
    challenge.key_authorization = "token1.thumbprint";
    challenge.way = acme::Way::http_01;
    REQUIRE(challenges.publish(challenge).empty());
    CHECK(rig.b->answer(acme::Way::http_01, "token1") == "token1.thumbprint");
    CHECK_FALSE(rig.b->answer(acme::Way::http_01, "token2"));
    CHECK_FALSE(rig.b->answer(acme::Way::tls_alpn_01, "token1"));
    challenges.withdraw(challenge);
    CHECK_FALSE(rig.b->answer(acme::Way::http_01, "token1"));

    challenge.way = acme::Way::tls_alpn_01;
    REQUIRE(challenges.publish(challenge).empty());
    const auto answer = rig.b->answer(acme::Way::tls_alpn_01, "a.example.com");
    REQUIRE(answer);
    CHECK(answer == challenges.alpn_answer("a.example.com"));
    rig.cluster.advance(ClusterShare::answer_time);  // its member was lost
    CHECK_FALSE(rig.b->answer(acme::Way::tls_alpn_01, "a.example.com"));
}

TEST_CASE("a certificate of another member is used if it fits together, and no other one", "[issuance]") {
    const PublishedChain at;
    const std::string names = "DNS:a.example.com";
    const std::vector<std::string> said{"a.example.com"};
    const std::string right = at.text(names, said, at.key);
    const auto read = read_shared_certificate("a.example.com", right, share_now);
    REQUIRE(read);
    CHECK(read->saved.member == "a");
    CHECK(read->key_pem == at.key.to_pem());
    CHECK(read->chain.names == said);
    CHECK_FALSE(read->saved.renewal_id.empty());

    CHECK_FALSE(at.fault(right, "b.example.com").empty());
    CHECK_FALSE(at.fault(at.text("DNS:b.example.com", said, at.key)).empty());
    CHECK_FALSE(at.fault(at.text("DNS:a.example.com,DNS:bank.example.com", said, at.key)).empty());
    CHECK_FALSE(at.fault(at.text(names, {"a.example.com", "not a host"}, at.key)).empty());
    CHECK_FALSE(at.fault(at.text(names, said, acme::Key::make())).empty());
    // The store knows a certificate by one of its names only, so one of many names cannot be published many times.
    const std::vector<std::string> both{"a.example.com", "b.example.com"};
    CHECK(at.fault(at.text("DNS:a.example.com,DNS:b.example.com", both, at.key)).empty());
    CHECK_FALSE(at.fault(at.text("DNS:a.example.com,DNS:b.example.com", both, at.key), "b.example.com").empty());
    CHECK_FALSE(at.fault(right, "a.example.com", share_now + 24h * 91).empty());
    CHECK_FALSE(at.fault(right, "a.example.com", share_now - 24h).empty());
    CHECK_FALSE(at.fault("").empty());
    CHECK_FALSE(at.fault("{}").empty());
    CHECK_FALSE(at.fault(right.substr(right.find("-----BEGIN"))).empty());
    CHECK_FALSE(at.fault(right.substr(0, right.find("-----BEGIN CERT"))).empty());
    CHECK_FALSE(at.fault(right.substr(0, right.find("-----BEGIN CERT") + 200)).empty());
}

TEST_CASE("a certificate reaches who wants it, also later, until it ends", "[issuance]") {
    TwoShares rig;
    std::vector<std::string> heard;
    rig.b->watch();
    rig.b->on_certificate(
        [&](const std::string& name, const std::string& text) { heard.push_back(name + ' ' + text); });
    REQUIRE(rig.a->publish("a.example.com", {}, "PEM", share_now + 10h, share_now));
    REQUIRE(heard.size() == 1);
    CHECK(heard.front().starts_with("a.example.com {"));
    CHECK(heard.front().ends_with("PEM"));
    CHECK(rig.b->certificates().size() == 1);
    CHECK(rig.b->certificate("a.example.com"));
    rig.b->on_certificate(nullptr);
    REQUIRE(rig.a->publish("b.example.com", {}, "PEM", share_now + 10h, share_now));
    CHECK(heard.size() == 1);
    CHECK_FALSE(rig.a->publish("c.example.com", {}, std::string(13'000, 'x'), share_now + 10h, share_now));
    rig.cluster.advance(10h);
    CHECK(rig.b->certificates().empty());
    CHECK(rig.a->publish("d.example.com", {}, "PEM", share_now, share_now));  // has ended
    CHECK(rig.b->certificates().empty());
}

TEST_CASE("while a member that starts has no link, it orders nothing for a while", "[issuance]") {
    FakeCluster alone;
    const auto share = std::make_shared<ClusterShare>(std::make_shared<FakeValues>(alone, "a"));
    CHECK(share->is_starting());
    alone.join("b");
    CHECK_FALSE(share->is_starting());
}

}  // namespace ferrotunnel::issuance
