#include "runtime/readiness.hpp"

#include <sys/epoll.h>

#include <catch2/catch.hpp>

using ferrotunnel::runtime::Readiness;

TEST_CASE("A socket is neither readable nor writable until an event says so", "[runtime][readiness]") {
    Readiness readiness;
    CHECK_FALSE(readiness.is_readable());
    CHECK_FALSE(readiness.is_writable());
    readiness.add(EPOLLIN);
    CHECK(readiness.is_readable());
    CHECK_FALSE(readiness.is_writable());
    readiness.add(EPOLLOUT);
    CHECK(readiness.is_readable());
    CHECK(readiness.is_writable());
    CHECK(Readiness::both().is_readable());
    CHECK(Readiness::both().is_writable());
}

TEST_CASE("An event is remembered until a read or a write finds nothing more", "[runtime][readiness]") {
    Readiness readiness;
    readiness.add(EPOLLIN | EPOLLOUT);
    readiness.set_readable(false);
    CHECK_FALSE(readiness.is_readable());
    CHECK(readiness.is_writable());
    readiness.add(EPOLLIN);
    readiness.set_writable(false);
    CHECK(readiness.is_readable());
    CHECK_FALSE(readiness.is_writable());
}

TEST_CASE("The end of the peer's direction makes a socket readable and lasts", "[runtime][readiness]") {
    Readiness readiness;
    readiness.add(EPOLLIN);
    CHECK_FALSE(readiness.has_more_behind());
    readiness.add(EPOLLRDHUP);
    CHECK(readiness.is_readable());
    CHECK_FALSE(readiness.is_writable());
    CHECK(readiness.has_more_behind());
    readiness.set_readable(false);
    readiness.add(EPOLLIN);
    CHECK(readiness.has_more_behind());
    CHECK_FALSE(readiness.has_hung_up());
    CHECK_FALSE(readiness.has_failed());
}

TEST_CASE("A hang-up and an error are worth a read and a write, and last", "[runtime][readiness]") {
    Readiness hung_up;
    hung_up.add(EPOLLHUP);
    CHECK(hung_up.is_readable());
    CHECK(hung_up.is_writable());
    CHECK(hung_up.has_more_behind());
    CHECK_FALSE(hung_up.has_failed());
    Readiness failed;
    failed.add(EPOLLERR);
    failed.set_readable(false);
    failed.set_writable(false);
    failed.add(EPOLLIN);
    CHECK(failed.has_failed());
    CHECK(failed.has_more_behind());
    CHECK_FALSE(failed.has_hung_up());
}
