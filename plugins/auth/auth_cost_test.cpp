// What the cost of the plugin `auth` reveals to visitors. Costs are counted at their source: the hash functions here
// wrap those of the libraries.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <future>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "auth/password_hash.hpp"
#include "auth/rig_for_tests.hpp"
#include "support/temporary_folder.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;
using ferrotunnel::plugins::Users;
using ferrotunnel::plugins::WorkPool;
using ferrotunnel::test::argon2;
using ferrotunnel::test::AuthRig;
using ferrotunnel::test::basic;
using ferrotunnel::test::bcrypt;
using ferrotunnel::test::yescrypt;
using hooks::Step;

namespace {

/// The costs of all hashes that were made since the last call.
struct Made {
    void add(const char* hash) {
        const std::lock_guard lock(mutex);
        costs.push_back(plugins::password_hash_cost(hash));
    }
    std::vector<std::string> take() {
        const std::lock_guard lock(mutex);
        return std::exchange(costs, {});
    }
    std::mutex mutex;
    std::vector<std::string> costs;
};

Made& made() {
    static Made all;
    return all;
}

}  // namespace

// The linker puts these in place of the libraries' functions (--wrap).
extern "C" {
char* __real_crypt_rn(const char* phrase, const char* setting, void* data, int size);
char* __wrap_crypt_rn(const char* phrase, const char* setting, void* data, int size);
int __real_argon2id_verify(const char* encoded, const void* password, std::size_t size);
int __wrap_argon2id_verify(const char* encoded, const void* password, std::size_t size);

char* __wrap_crypt_rn(const char* phrase, const char* setting, void* data, int size) {
    made().add(setting);
    return __real_crypt_rn(phrase, setting, data, size);
}

int __wrap_argon2id_verify(const char* encoded, const void* password, std::size_t size) {
    made().add(encoded);
    return __real_argon2id_verify(encoded, password, size);
}
}

TEST_CASE("auth: a check costs the same for a user who is not there", "[auth][cost]") {
    AuthRig rig("{users: {a: '" + bcrypt + "', b: '" + bcrypt + "'}, lockout: {failures: 0}}");
    (void)made().take();
    for (const std::string wrong : {"a:no", "b:no", "nobody:no", "nobody else:no", "A:bcrypt"}) {
        INFO(wrong);
        CHECK(rig.send_request(basic(wrong)) == "401 auth_failed");
        CHECK(made().take() == std::vector<std::string>{"bcrypt 04"});
    }
}

TEST_CASE("auth: where costs differ, strangers have each as often as users have it", "[auth][cost]") {
    Users users;
    for (int i = 0; i < 30; ++i) {
        users.add("b" + std::to_string(i), bcrypt);
    }
    for (int i = 0; i < 10; ++i) {
        users.add("y" + std::to_string(i), yescrypt);
    }
    CHECK(users.costs() == "bcrypt 04: 30, yescrypt j75: 10");
    const auto of = [](const Users& some, std::uint32_t number) {
        return plugins::password_hash_cost(some.hash_for_unknown(number));
    };
    Users one_more = users;
    one_more.add("another", yescrypt);
    constexpr int rounds = 4'000;
    std::map<std::string, int> seen;
    int changed = 0;
    for (int i = 0; i < rounds; ++i) {  // all numbers, evenly
        const auto number = static_cast<std::uint32_t>(0xFFFFFFFFu / (rounds - 1) * static_cast<unsigned>(i));
        ++seen[of(users, number)];
        changed += of(users, number) == of(one_more, number) ? 0 : 1;
    }
    CHECK(seen["bcrypt 04"] == rounds * 3 / 4);
    CHECK(seen["yescrypt j75"] == rounds / 4);
    CHECK(changed < rounds / 40);  // nearly all names have the same cost before and after
    CHECK(of(users, 0) == "bcrypt 04");
    CHECK(of(users, 0xFFFFFFFFu) == "yescrypt j75");
    Users all_alike;
    all_alike.add("a", bcrypt);
    CHECK(all_alike.costs().empty());
}

TEST_CASE("auth: a stranger's cost stays when users change", "[auth][cost][file]") {
    test::TemporaryFolder folder;
    const std::string path = folder / "users";
    const auto write = [&](const std::string& more) {
        std::ofstream(path + ".new") << "a:" << bcrypt << "\nb:" << argon2 << "\n" << more;
        REQUIRE(std::rename((path + ".new").c_str(), path.c_str()) == 0);
    };
    write("");
    AuthRig rig("{users_file: '" + path + "', lockout: {failures: 0}}");
    const auto cost_of = [&](const std::string& name) {
        (void)made().take();
        CHECK(rig.send_request(basic(name + ":no")) == "401 auth_failed");
        const auto costs = made().take();
        REQUIRE(costs.size() == 1);
        return costs.front();
    };
    std::map<std::string, std::string> first;
    for (int i = 0; i < 40; ++i) {
        const std::string name = "stranger" + std::to_string(i);
        first[name] = cost_of(name);
    }
    write("c:" + bcrypt + "\nd:" + argon2 + "\n");
    static_cast<plugins::Auth*>(rig.chain.instances[0]->object())->refresh_file();
    std::map<std::string, int> seen;
    for (const auto& [name, cost] : first) {
        CHECK(cost_of(name) == cost);
        ++seen[cost];
    }
    CHECK(seen.size() == 2);  // but for one in 2^39
}

// Measures processor time and not the clock: other programs do not count. The bound is far from both the cost of a
// check and zero.
TEST_CASE("auth: the time of a check says nothing of who is there", "[auth][cost]") {
    const std::string hash = "$2y$09" + bcrypt.substr(6);  // of an unknown password
    AuthRig rig("{users: {a: '" + hash + "'}, lockout: {failures: 0}}");
    const auto spent = [&](const std::string& credentials) {
        timespec before{};
        timespec after{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
        CHECK(rig.send_request(basic(credentials)) == "401 auth_failed");
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
        return static_cast<double>(after.tv_sec - before.tv_sec) * 1e3 +
               static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e6;
    };
    std::vector<double> known;
    std::vector<double> unknown;
    for (int i = 0; i < 9; ++i) {
        known.push_back(spent("a:no" + std::to_string(i)));
        unknown.push_back(spent("b" + std::to_string(i) + ":no"));
    }
    const auto median = [](std::vector<double>& times) {
        std::nth_element(times.begin(), times.begin() + 4, times.end());
        return times[4];
    };
    const double ratio = median(known) / median(unknown);
    INFO(median(known) << " and " << median(unknown) << " ms");
    CHECK(ratio > 1.0 / 3);
    CHECK(ratio < 3);
}

TEST_CASE("limit: all addresses of a /64 have one address's part of the queue", "[auth][pool][limits]") {
    const auto pool = WorkPool::shared();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    for (std::size_t i = 0; i < WorkPool::shared_threads_max; ++i) {
        REQUIRE(pool->submit([open] { open.wait(); }));
    }
    AuthRig rig("{users: {a: '" + yescrypt + "'}}");
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](std::size_t i, const std::string& visitor) {
        rig.info.visitor = visitor;
        rig.begin("GET /", basic(std::to_string(i) + ":guess"));  // a different user each time, so that no lockout
                                                                  // counts
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
    };
    constexpr std::size_t many = plugins::Verifier::pending_of_address_max;
    const std::string network[] = {"2001:db8::1", "2001:db8::2"};
    for (std::size_t i = 0; i <= many; ++i) {
        send_request(i, network[i % 2]);
    }
    send_request(many + 1, "2001:db8:0:1::1");
    rig.wait_for(1);
    opens.set_value();
    rig.wait_for(static_cast<int>(many) + 1);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        REQUIRE(runs[i]->request(rig.now) == Step::answer);
        CHECK(runs[i]->take_reply().code == (i == many ? "auth_busy" : "auth_failed"));
        runs[i]->close({});
    }
}
