// Tests what the plugins share: tables, files, work outside of the workers.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/base64.hpp"
#include "common/digest.hpp"
#include "common/expiring_cache.hpp"
#include "common/periodic.hpp"
#include "common/watched_file.hpp"
#include "common/work_pool.hpp"

using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;

TEST_CASE("base64: each text that is taken is the only one for its bytes", "[plugins][base64]") {
    CHECK(decode_base64("").value() == "");
    CHECK(decode_base64("Zg==").value() == "f");
    CHECK(decode_base64("Zm9vYg==").value() == "foob");
    CHECK(decode_base64("/+8=").value() == "\xFF\xEF");
    for (const char* const wrong : {"Zg=", "Zg", "Zh==", "Zg== ", "Z===", "====", "Zm9=", "Zm 9", "_-8=",
                                    "Zg=="
                                    "Zg=="}) {
        INFO(wrong);
        CHECK_FALSE(decode_base64(wrong));
    }
    CHECK(decode_base64url("Zg").value() == "f");
    CHECK(decode_base64url("_-8").value() == "\xFF\xEF");
    for (const char* const wrong : {"Z", "Zh", "Zg==", "Zg=", "/+8", "Zm9v\n", "Zm.v"}) {
        INFO(wrong);
        CHECK_FALSE(decode_base64url(wrong));
    }
}

TEST_CASE("digest: parts are told apart, and keys differ", "[plugins][digest]") {
    CHECK(sha256("abc") == digest_of_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad").value());
    CHECK_FALSE(digest_of_hex("ba78"));
    CHECK_FALSE(digest_of_hex(std::string(63, 'a') + "g"));
    const KeyedDigest one;
    const KeyedDigest other;
    CHECK(one.of({"ab", "c"}) == one.of({"ab", "c"}));
    CHECK(one.of({"ab", "c"}) != one.of({"a", "bc"}));
    CHECK(one.of({"ab", "c"}) != other.of({"ab", "c"}));
}

TEST_CASE("cache: entries end, and the one that was used least recently makes room", "[plugins][cache]") {
    using Cache = ExpiringCache<std::string, int>;
    Cache cache(2);
    const Cache::Time now{1h};
    cache.put("a", 1, now + 10s);
    cache.put("b", 2, now + 20s);
    REQUIRE(cache.find("a", now) != nullptr);
    cache.put("c", 3, now + 20s);  // one more than there is room for
    CHECK(cache.size() == 2);
    CHECK(cache.find("b", now) == nullptr);
    CHECK(*cache.find("a", now + 9s) == 1);
    CHECK(cache.find("a", now + 10s) == nullptr);
    CHECK(cache.size() == 1);
    cache.put("c", 4, now + 30s);
    CHECK(*cache.find("c", now + 20s) == 4);
    cache.clear();
    CHECK(cache.find("c", now) == nullptr);
}

TEST_CASE("pool: what is more than may wait is refused", "[plugins][pool]") {
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    std::promise<void> begins;
    std::atomic<int> done{0};
    {
        WorkPool pool(1, 2);
        REQUIRE(pool.submit([&] {
            begins.set_value();
            open.wait();
            ++done;
        }));
        begins.get_future().wait();  // it runs, so that two may wait
        std::promise<void> last;
        CHECK(pool.submit([&] { throw std::runtime_error("passed over"); }));
        CHECK(pool.submit([&] {
            ++done;
            last.set_value();
        }));
        CHECK_FALSE(pool.submit([&] { ++done; }));
        opens.set_value();
        last.get_future().wait();
    }
    CHECK(done == 2);
    CHECK(WorkPool::shared() == WorkPool::shared());
}

TEST_CASE("pool: what waits when it ends is dropped", "[plugins][pool]") {
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    std::promise<void> begins;
    const auto token = std::make_shared<int>(1);
    std::atomic<bool> ran{false};
    auto pool = std::make_unique<WorkPool>(1, 8);
    REQUIRE(pool->submit([&] {
        begins.set_value();
        open.wait();
    }));
    begins.get_future().wait();
    REQUIRE(pool->submit([&ran, token] { ran = true; }));
    // The end of the pool drops waiting work at once, and then waits for running work, which continues after that.
    std::thread ends([&] { pool.reset(); });
    while (token.use_count() > 1) {
        std::this_thread::yield();
    }
    opens.set_value();
    ends.join();
    CHECK_FALSE(ran);
}

TEST_CASE("periodic: it continues until it ends, whatever is thrown", "[plugins][periodic]") {
    std::promise<void> third;
    int calls = 0;
    Periodic periodic(1ms, [&] {
        if (++calls == 3) {
            third.set_value();
        }
        throw std::runtime_error("passed over");
    });
    third.get_future().wait();
}

TEST_CASE("file: it is read when it is another one, and told once when it is broken", "[plugins][file]") {
    char folder[] = "/tmp/ferrotunnel-file.XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/file";
    const auto write = [&](const std::string& text) {
        std::ofstream(path + ".new") << text;
        std::filesystem::rename(path + ".new", path);
    };
    write("one");
    WatchedFile file(path, 5);
    CHECK(file.changed().value() == "one");
    CHECK_FALSE(file.changed());
    write("two22");
    CHECK(file.changed().value() == "two22");
    write(
        "\xef\xbb\xbf"
        "a");
    CHECK(file.changed().value() == "a");
    CHECK(ca_file_fault(path) == "begins with a byte order mark; save it without one");
    write(std::string("a\0", 2));
    CHECK(ca_file_fault(path) == "is UTF-16, as PowerShell's `>` writes it; save it as UTF-8");
    CHECK_THROWS_WITH(file.changed(), "is UTF-16, as PowerShell's `>` writes it; save it as UTF-8");
    write("more than fits");
    CHECK_THROWS_WITH(file.changed(), "has more than 5 bytes");
    CHECK_FALSE(file.changed());
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(file.changed(), Catch::StartsWith("cannot be read"));
    CHECK_FALSE(file.changed());
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK_THROWS_WITH(file.changed(), "is not a file that can be read");  // and does not wait
    std::filesystem::remove_all(folder);
}
