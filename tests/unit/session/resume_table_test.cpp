#include "session/resume_table.hpp"

#include <catch2/catch.hpp>

#include "session/server_session.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using wire::Code;

namespace {

login::Key resume_key(std::uint8_t fill) {
    return login::Key(std::vector<std::uint8_t>(login::Key::size_bytes, fill));
}

struct ResumeTableFixture {
    ResumeTable table;
    // The table only passes the session on: it is never looked at here.
    std::shared_ptr<int> owner = std::make_shared<int>(0);
    std::shared_ptr<ServerSession> session{owner, reinterpret_cast<ServerSession*>(owner.get())};
    const wire::ResumeId id{1, 2, 3};
    const wire::TokenId token{4};
    const wire::InstanceId instance{5};
    const wire::Proof login_proof{6};

    ResumeTableFixture() { table.enter(id, {token, instance, resume_key(7)}, session); }

    wire::ResumeRequest request(std::uint64_t attempt, std::uint64_t received, std::uint8_t key = 7) const {
        return {id, attempt, received,
                login::make_resume_proof(resume_key(key), login::Prover::client, attempt, received, login_proof)};
    }
    Code answer(const wire::ResumeRequest& asked) {
        const auto found = table.find(asked, token, instance, login_proof);
        return found ? Code::none : found.error().code;
    }
};

}  // namespace

TEST_CASE("the owner of a session finds it", "[resume]") {
    ResumeTableFixture rig;
    const auto found = rig.table.find(rig.request(1, 10), rig.token, rig.instance, rig.login_proof);
    REQUIRE(found);
    CHECK(found.value().session == rig.session);
    CHECK(found.value().key == resume_key(7));
}

TEST_CASE("an attempt counts once, and none that is older", "[resume]") {
    ResumeTableFixture rig;
    CHECK(rig.answer(rig.request(3, 10)) == Code::none);
    CHECK(rig.answer(rig.request(3, 10)) == Code::superseded);
    CHECK(rig.answer(rig.request(2, 10)) == Code::superseded);
    CHECK(rig.answer(rig.request(4, 10)) == Code::none);
}

TEST_CASE("who cannot prove it gets nothing, and spoils nothing", "[resume]") {
    ResumeTableFixture rig;
    CHECK(rig.answer(rig.request(100, 10, 8)) == Code::unauthorized);
    wire::ResumeRequest changed = rig.request(100, 10);
    changed.received = 11;
    CHECK(rig.answer(changed) == Code::unauthorized);
    changed = rig.request(100, 10);
    changed.attempt = 101;
    CHECK(rig.answer(changed) == Code::unauthorized);
    const auto of_other_login = rig.table.find(rig.request(100, 10), rig.token, rig.instance, wire::Proof{9});
    CHECK_FALSE(of_other_login);
    const auto of_other_token = rig.table.find(rig.request(100, 10), wire::TokenId{9}, rig.instance, rig.login_proof);
    CHECK_FALSE(of_other_token);
    const auto of_other_process = rig.table.find(rig.request(100, 10), rig.token, wire::InstanceId{9}, rig.login_proof);
    CHECK_FALSE(of_other_process);
    CHECK(rig.answer(rig.request(1, 10)) == Code::none);  // none of these has raised the number
}

TEST_CASE("a session that is over is not known", "[resume]") {
    ResumeTableFixture rig;
    wire::ResumeRequest other = rig.request(1, 10);
    other.id[0] ^= 1;
    CHECK(rig.answer(other) == Code::unknown_session);
    SECTION("it was left") {
        rig.table.leave(rig.id);
        CHECK(rig.table.size() == 0);
    }
    SECTION("it is gone") {
        rig.session.reset();
        rig.owner.reset();
    }
    CHECK(rig.answer(rig.request(1, 10)) == Code::unknown_session);
}
