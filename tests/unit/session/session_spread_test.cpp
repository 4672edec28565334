#include "session/session_spread.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace ferrotunnel::session;

namespace {

using Seat = std::shared_ptr<SessionSpread::Seat>;

Seat client(SessionSpread& spread, const std::string& address) {
    Seat seat = spread.take(address);
    seat->set_client();
    return seat;
}

std::set<std::size_t> workers_of(const std::vector<Seat>& seats) {
    std::set<std::size_t> workers;
    for (const Seat& seat : seats) {
        workers.insert(seat->worker());
    }
    return workers;
}

}  // namespace

TEST_CASE("the trunks of one tunnel are on different workers, whoever connects in between") {
    const auto strangers = GENERATE(0U, 1U, 2U, 3U, 4U, 5U);
    auto spread = std::make_shared<SessionSpread>(4);
    const auto junk = [&] {
        std::vector<Seat> seats;
        for (unsigned i = 0; i < strangers; ++i) {
            seats.push_back(spread->take("203.0.113." + std::to_string(i)));
        }
        return seats;
    };
    std::vector<Seat> others;
    std::vector<Seat> trunks{client(*spread, "192.0.2.1")};  // the first one alone, the others when it is there
    for (int trunk = 1; trunk < 4; ++trunk) {
        const std::vector<Seat> gone = junk();
        for (Seat& stays : junk()) {
            others.push_back(std::move(stays));
        }
        trunks.push_back(spread->take("192.0.2.1"));
    }
    CHECK(workers_of(trunks).size() == 4);
}

TEST_CASE("strangers at a client's own address keep its trunks apart all the same") {
    auto spread = std::make_shared<SessionSpread>(2);
    for (unsigned strangers = 0; strangers < 4; ++strangers) {
        const Seat first = client(*spread, "192.0.2.1");
        std::vector<Seat> silent;
        for (unsigned i = 0; i < strangers; ++i) {
            silent.push_back(spread->take("192.0.2.1"));
        }
        CHECK(spread->take("192.0.2.1")->worker() != first->worker());
    }
}

TEST_CASE("clients with one trunk are spread over all workers, and who is gone is forgotten") {
    auto spread = std::make_shared<SessionSpread>(3);
    std::vector<Seat> seats;
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
