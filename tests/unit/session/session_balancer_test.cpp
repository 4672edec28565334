#include "session/session_balancer.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace ferrotunnel::session;

namespace {

using Assignment = std::shared_ptr<SessionBalancer::Assignment>;

Assignment client(SessionBalancer& spread, const std::string& address) {
    Assignment assignment = spread.assign(address);
    assignment->set_client();
    return assignment;
}

std::set<std::size_t> workers_of(const std::vector<Assignment>& seats) {
    std::set<std::size_t> workers;
    for (const Assignment& assignment : seats) {
        workers.insert(assignment->worker());
    }
    return workers;
}

}  // namespace

TEST_CASE("the trunks of one tunnel are on different workers, whoever connects in between") {
    const auto unauthenticated = GENERATE(0U, 1U, 2U, 3U, 4U, 5U);
    auto spread = std::make_shared<SessionBalancer>(4);
    const auto junk = [&] {
        std::vector<Assignment> seats;
        for (unsigned i = 0; i < unauthenticated; ++i) {
            seats.push_back(spread->assign("203.0.113." + std::to_string(i)));
        }
        return seats;
    };
    std::vector<Assignment> others;
    std::vector<Assignment> trunks{client(*spread, "192.0.2.1")};  // the first one alone, the others when it is there
    for (int trunk = 1; trunk < 4; ++trunk) {
        const std::vector<Assignment> gone = junk();
        for (Assignment& stays : junk()) {
            others.push_back(std::move(stays));
        }
        trunks.push_back(spread->assign("192.0.2.1"));
    }
    CHECK(workers_of(trunks).size() == 4);
}

TEST_CASE("strangers at a client's own address keep its trunks apart all the same") {
    auto spread = std::make_shared<SessionBalancer>(2);
    for (unsigned unauthenticated = 0; unauthenticated < 4; ++unauthenticated) {
        const Assignment first = client(*spread, "192.0.2.1");
        std::vector<Assignment> silent;
        for (unsigned i = 0; i < unauthenticated; ++i) {
            silent.push_back(spread->assign("192.0.2.1"));
        }
        CHECK(spread->assign("192.0.2.1")->worker() != first->worker());
    }
}

TEST_CASE("clients with one trunk are spread over all workers, and who is gone is forgotten") {
    auto spread = std::make_shared<SessionBalancer>(3);
    std::vector<Assignment> seats;
    for (int i = 0; i < 3; ++i) {
        seats.push_back(client(*spread, "192.0.2." + std::to_string(i)));
    }
    CHECK(workers_of(seats).size() == 3);
    const std::size_t free = seats[1]->worker();
    seats.erase(seats.begin() + 1);
    CHECK(spread->addresses() == 2);
    CHECK(client(*spread, "192.0.2.9")->worker() == free);
    seats.clear();
    CHECK(spread->addresses() == 0);
}
