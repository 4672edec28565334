#include "observe/audit_chain.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "audit/limits.hpp"
#include "audit/verifier.hpp"
#include "observe/access_file.hpp"
#include "support/count_allocations.hpp"

namespace ferrotunnel::observe {
namespace {

using namespace std::chrono_literals;

class ChainFolder {
public:
    ChainFolder() { path_ = ::mkdtemp(room_); }
    ~ChainFolder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    char room_[32] = "/tmp/ft_audit_XXXXXX";
    std::string path_;
};

std::string content_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

AccessSink audit_sink(const std::string& path) {
    std::error_code error;
    AccessSink sink = AccessSink::open(path, error, true);
    REQUIRE(!error);
    return sink;
}

template <typename Condition>
bool becomes(Condition condition) {
    for (int i = 0; i < 6'000 && !condition(); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return condition();
}

/// An audit log and its writer.
class Written {
public:
    explicit Written(const std::string& path) : Written(audit_sink(path)) {}
    explicit Written(AccessSink sink) {
        events->switch_on(true);
        file = std::make_unique<AccessFile>(events->lanes(), std::move(sink), null_logger(),
                                            std::make_unique<AuditChain>(events, null_logger()));
    }
    void write(const std::string& name) const {
        audit::Record record("login");
        record.add("client", name);
        events->write(record);
    }
    /// Writes, and waits until this many lines were written.
    bool has(std::uint64_t lines) const {
        return becomes([&] { return events->status().lines >= lines; });
    }

    const std::shared_ptr<audit::AuditLog> events = std::make_shared<audit::AuditLog>();
    std::unique_ptr<AccessFile> file;
};

audit::Verifier verified(const std::vector<std::string>& files) {
    audit::Verifier verifier;
    for (const std::string& file : files) {
        verifier.begin_file(std::filesystem::path(file).filename());
        std::istringstream lines(content_of(file));
        for (std::string line; std::getline(lines, line);) {
            verifier.add(line);
        }
    }
    verifier.finish();
    return verifier;
}

std::size_t count_in(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("the chain goes on over a rotation and over a restart", "[audit-chain]") {
    const ChainFolder folder;
    {
        const Written log(folder.file("log"));
        log.write("a");
        REQUIRE(log.has(2));  // and "opened"
        std::filesystem::rename(folder.file("log"), folder.file("log.1"));
        log.file->reopen();
        REQUIRE(becomes([&] { return !content_of(folder.file("log")).empty(); }));
        log.write("b");
    }
    {
        const Written log(folder.file("log"));
        log.write("c");
        REQUIRE(log.has(2));
        CHECK(log.events->status().head.sequence == 6);
        CHECK(log.events->status().file == folder.file("log"));
    }
    const auto all = verified({folder.file("log.1"), folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(all.notes().empty());
    CHECK(all.lines() == 6);
    CHECK(content_of(folder.file("log")).starts_with("{\"seq\":3,"));
}

TEST_CASE("a line that a crash has torn is noted, and the chain continues", "[audit-chain]") {
    const ChainFolder folder;
    { const Written log(folder.file("log")); }
    for (const char* torn : {"{\"seq\":2,\"ti", "x\ny\n", "\n"}) {
        std::ofstream(folder.file("log"), std::ios::app) << torn;
        const Written log(folder.file("log"));
        log.write("after");
        REQUIRE(log.has(3));  // torn, opened, and the login
    }
    const auto all = verified({folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(all.notes().size() == 3);
    CHECK(all.lines() == 10);
}

TEST_CASE("only a file that ends like an audit log is continued", "[audit-chain]") {
    const ChainFolder folder;
    CHECK(AuditChain::why_not(audit_sink(folder.file("log"))).empty());
    { const Written log(folder.file("log")); }
    CHECK(AuditChain::why_not(audit_sink(folder.file("log"))).empty());
    std::ofstream(folder.file("torn")) << "{\"seq\":1";
    CHECK(AuditChain::why_not(audit_sink(folder.file("torn"))).empty());
    {
        const Written log(folder.file("torn"));
        REQUIRE(log.has(2));
    }
    CHECK(verified({folder.file("torn")}).faults().empty());
    std::ofstream(folder.file("other")) << "server:\n  bind: x\n";
    CHECK(AuditChain::why_not(audit_sink(folder.file("other"))).find("does not end with a line of an audit log") !=
          std::string::npos);
    std::ofstream(folder.file("token")) << "3c9e0f5d7b1a2846";
    CHECK(!AuditChain::why_not(audit_sink(folder.file("token"))).empty());
    std::ofstream(folder.file("rotated")) << "{\"seq\":17,\"time\":\"2026";
    CHECK(AuditChain::why_not(audit_sink(folder.file("rotated"))).empty());
    std::ofstream(folder.file("long")) << std::string(audit::tail_bytes, 'x');
    CHECK(!AuditChain::why_not(audit_sink(folder.file("long"))).empty());
}

TEST_CASE("a pipe is opened only for writing, so that the loss of its reader is noticed", "[audit-chain]") {
    const ChainFolder folder;
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    const int reader = ::open(folder.file("pipe").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    const AccessSink pipe = audit_sink(folder.file("pipe"));
    CHECK((::fcntl(pipe.descriptor(), F_GETFL) & O_ACCMODE) == O_WRONLY);
    const AccessSink file = audit_sink(folder.file("log"));
    CHECK((::fcntl(file.descriptor(), F_GETFL) & O_ACCMODE) == O_RDWR);
    ::close(reader);
}

TEST_CASE("a second process waits for the file, and then continues its chain", "[audit-chain]") {
    const ChainFolder folder;
    auto first = std::make_unique<Written>(folder.file("log"));
    first->write("a");
    REQUIRE(first->has(2));
    const Written second(folder.file("log"));
    second.write("b");
    std::this_thread::sleep_for(100ms);  // nothing must happen meanwhile
    CHECK(second.events->status().lines == 0);
    first->write("c");
    REQUIRE(first->has(3));
    first.reset();
    REQUIRE(second.has(2));
    const auto all = verified({folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(all.lines() == 5);
}

TEST_CASE("a full disk loses no line that fits the queue, and another file gets them", "[audit-chain]") {
    const ChainFolder folder;
    {
        const Written log(AccessSink(audit_sink("/dev/full")));
        log.write("a");
        REQUIRE(becomes([&] { return log.events->status().is_failing; }));
        log.write("b");
        log.file->set(audit_sink(folder.file("log")));
        REQUIRE(log.has(3));
        CHECK(!log.events->status().is_failing);
    }
    const auto all = verified({folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(all.lines() == 3);
}

TEST_CASE("a line that a full disk has torn is whole in the next file, which notes it", "[audit-chain]") {
    const ChainFolder folder;
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    {
        const Written log(folder.file("log"));
        log.write("a");
        REQUIRE(log.has(2));
        rlimit small = before;
        small.rlim_cur = content_of(folder.file("log")).size() + 50;
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
        log.write("b");
        REQUIRE(becomes([&] { return log.events->status().is_failing; }));
        std::filesystem::rename(folder.file("log"), folder.file("log.1"));
        log.file->reopen();
        REQUIRE(becomes([&] { return std::filesystem::exists(folder.file("log")); }));
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
        REQUIRE(log.has(5));  // torn, opened, b
    }
    (void)std::signal(SIGXFSZ, old_handler);
    const auto all = verified({folder.file("log.1"), folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(all.notes().size() == 1);
    CHECK(count_in(content_of(folder.file("log")), "\"client\":\"b\"") == 1);
}

TEST_CASE("lines beyond the queue are lost, and the chain has their number", "[audit-chain]") {
    const ChainFolder folder;
    const int lock = ::open(folder.file("log").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(lock >= 0);
    REQUIRE(::flock(lock, LOCK_EX) == 0);
    {
        const Written log(folder.file("log"));
        constexpr std::size_t most = audit::queue_bytes_max / 400;
        for (std::size_t i = 0; i < most; ++i) {
            log.write(std::string(400, 'x'));
        }
        ::close(lock);
        REQUIRE(becomes([&] { return log.events->status().lost != 0; }));
        const audit::Status status = log.events->status();
        CHECK(becomes(
            [&] { return count_in(content_of(folder.file("log")), "\"event\":\"login\"") + status.lost == most; }));
    }
    const auto all = verified({folder.file("log")});
    CHECK(all.faults().empty());
    CHECK(count_in(content_of(folder.file("log")), "\"event\":\"lost\",\"lines\":") == 1);
}

TEST_CASE("lines that are not taken back, without memory, stay in the chain", "[audit-chain]") {
    const ChainFolder folder;
    const std::string body = audit::AuditLog::body_of(audit::Record("login").text()) + '\n';
    bool has_failed = true;
    for (std::uint64_t nth = 1; has_failed; ++nth) {
        CAPTURE(nth);
        REQUIRE(nth < 100);
        AuditChain chain(std::make_shared<audit::AuditLog>(), null_logger());
        const AccessSink sink = audit_sink(folder.file("log"));
        REQUIRE(chain.is_ready(sink));
        std::string lines = body;
        chain.seal(lines, 0);
        bool threw = false;
        ferrotunnel::test::fail_allocation(nth);
        try {
            chain.take_back(lines, 20);
        } catch (const std::bad_alloc&) {
            threw = true;
        }
        has_failed = ferrotunnel::test::fail_allocation(0);
        if (threw) {
            std::string more = body;
            chain.seal(more, 0);
            std::ofstream(folder.file("copy")) << lines << more;
            const auto all = verified({folder.file("copy")});
            CHECK(all.faults().empty());
            CHECK(all.lines() == 3);  // opened, and two logins
        }
    }
}

}  // namespace ferrotunnel::observe
