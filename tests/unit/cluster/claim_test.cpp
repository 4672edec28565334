#include "cluster/claim.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::cluster;

namespace {

Claim claim_of(std::uint8_t party, Since since, Since over = 0, bool provisional = false) {
    Claim claim{Name::of_port(80, false), {{1}, {party}}, since};
    claim.over = over;
    claim.provisional = provisional;
    return claim;
}

void check_wins(const Claim& one, const Claim& other) {
    CHECK(wins(one, other));
    CHECK_FALSE(wins(other, one));
}

}  // namespace

TEST_CASE("claims: the older one wins") {
    check_wins(claim_of(2, 10), claim_of(1, 11));
}

TEST_CASE("claims: one that has ended the other wins") {
    check_wins(claim_of(2, 20, 10), claim_of(1, 10));
    check_wins(claim_of(2, 20, 15), claim_of(1, 10));
    check_wins(claim_of(1, 10), claim_of(2, 20, 9));  // it has ended an earlier one
}

TEST_CASE("claims: a provisional one loses against one that a home has granted") {
    check_wins(claim_of(2, 20), claim_of(1, 10, 0, true));
    check_wins(claim_of(2, 20), claim_of(1, 30, 20, true));
    check_wins(claim_of(2, 10, 0, true), claim_of(1, 20, 0, true));
}

TEST_CASE("claims: of two with the same moment, that of the smaller owner wins") {
    check_wins(claim_of(1, 10), claim_of(2, 10));
    check_wins(claim_of(1, 0), claim_of(2, 0));
}

TEST_CASE("claims: exactly one of two owners wins, whatever their claims are") {
    std::vector<Claim> claims;
    for (const Since since : {0, 1, 2, 3}) {
        for (Since over = 0; over == 0 || over < since; ++over) {
            claims.push_back(claim_of(0, since, over));
            claims.push_back(claim_of(0, since, over, true));
        }
    }
    for (const Claim& one : claims) {
        for (Claim other : claims) {
            other.owner.party[0] = 1;
            CAPTURE(one.since, one.over, other.since, other.over);
            CHECK(wins(one, other) != wins(other, one));
        }
    }
}
