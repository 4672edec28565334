#include "observe/access_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ferrotunnel::observe {
namespace {

using namespace std::chrono_literals;

class Folder {
public:
    Folder() { path_ = ::mkdtemp(room_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    char room_[32] = "/tmp/ft_access_XXXXXX";
    std::string path_;
};

class Lines : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        const std::lock_guard lock(mutex_);
        std::string line(message);
        for (const LogField& field : fields) {
            line.append(" ").append(field.key).append("=").append(field.value);
        }
        lines_.push_back(line);
    }
    bool has(std::string_view text) const {
        const std::lock_guard lock(mutex_);
        return std::any_of(lines_.begin(), lines_.end(),
                           [text](const std::string& line) { return line.find(text) != std::string::npos; });
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

std::string text_of(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

AccessSink sink_at(const std::string& path) {
    std::error_code error;
    AccessSink sink = AccessSink::open(path, error);
    REQUIRE(!error);
    return sink;
}

template <typename Condition>
bool comes(Condition condition) {
    for (int i = 0; i < 6'000 && !condition(); ++i) {
        std::this_thread::sleep_for(10ms);
    }
    return condition();
}

}  // namespace

TEST_CASE("the access log appends to a file that others cannot read", "[access-file]") {
    const Folder folder;
    const mode_t mask = ::umask(022);
    Lines log;
    const auto lanes = std::make_shared<access::Lanes>(1, 1'000);
    for (const char* line : {"one\n", "two\n"}) {
        const AccessFile file(lanes, sink_at(folder.file("log")), log);
        lanes->put(lanes->assign_lane(), line);
    }
    ::umask(mask);
    CHECK(text_of(folder.file("log")) == "one\ntwo\n");
    struct stat facts {};
    REQUIRE(::stat(folder.file("log").c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777) == 0640);
    std::error_code error;
    (void)AccessSink::open(folder.file("none/log"), error);
    CHECK(error == std::errc::no_such_file_or_directory);
}

TEST_CASE("after a move the file is made again, and another one can take its place", "[access-file]") {
    const Folder folder;
    Lines log;
    const auto lanes = std::make_shared<access::Lanes>(1, 1'000);
    {
        AccessFile file(lanes, sink_at(folder.file("log")), log);
        lanes->put(lanes->assign_lane(), "one\n");
        REQUIRE(comes([&] { return text_of(folder.file("log")) == "one\n"; }));
        std::filesystem::rename(folder.file("log"), folder.file("log.1"));
        file.reopen();
        REQUIRE(comes([&] { return std::filesystem::exists(folder.file("log")); }));
        // The new one is there a moment before the last lines of the other are written.
        lanes->put(lanes->assign_lane(), "two\n");
        REQUIRE(comes([&] { return text_of(folder.file("log.1")) + text_of(folder.file("log")) == "one\ntwo\n"; }));
        lanes->put(lanes->assign_lane(), "three\n");
        REQUIRE(comes([&] { return text_of(folder.file("log")).ends_with("three\n"); }));
        file.set(sink_at(folder.file("other")));
        lanes->put(lanes->assign_lane(), "four\n");
    }
    CHECK(text_of(folder.file("log.1")) + text_of(folder.file("log")) + text_of(folder.file("other")) ==
          "one\ntwo\nthree\nfour\n");
}

TEST_CASE("a file that cannot be opened again continues", "[access-file]") {
    const Folder folder;
    Lines log;
    const auto lanes = std::make_shared<access::Lanes>(1, 1'000);
    std::filesystem::create_directory(folder.file("sub"));
    {
        AccessFile file(lanes, sink_at(folder.file("sub/log")), log);
        std::filesystem::rename(folder.file("sub"), folder.file("moved"));
        file.reopen();
        REQUIRE(comes([&] { return log.has("cannot be reopened"); }));
        lanes->put(lanes->assign_lane(), "one\n");
    }
    CHECK(text_of(folder.file("moved/log")) == "one\n");
}

TEST_CASE("a pipe that nobody reads drops lines, tears none, and is told of", "[access-file]") {
    const Folder folder;
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    const int reader = ::open(folder.file("pipe").c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(reader >= 0);
    Lines log;
    const auto lanes = std::make_shared<access::Lanes>(1, 10'000);
    const std::string line = std::string(99, 'x') + "\n";
    std::string read;
    {
        AccessFile file(lanes, sink_at(folder.file("pipe")), log);
        REQUIRE(comes([&] {
            for (int i = 0; i < 100; ++i) {
                lanes->put(lanes->assign_lane(), line);
            }
            return log.has("access log lines were dropped");
        }));
        std::array<char, 4096> room{};
        REQUIRE(comes([&] {  // the rest of before, and what comes now
            lanes->put(lanes->assign_lane(), "end\n");
            for (ssize_t n = 0; (n = ::read(reader, room.data(), room.size())) > 0;) {
                read.append(room.data(), static_cast<std::size_t>(n));
            }
            return read.find("end\n") != std::string::npos;
        }));
    }
    for (std::size_t at = 0; at < read.find("end\n"); at += line.size()) {
        if (read.compare(at, line.size(), line) != 0) {
            FAIL("a torn line at " << at);
        }
    }
    ::close(reader);
}

TEST_CASE("a full disk is told of, and what could not be written is counted at the end", "[access-file]") {
    Lines log;
    const auto lanes = std::make_shared<access::Lanes>(1, 1'000);
    {
        const AccessFile file(lanes, sink_at("/dev/full"), log);
        lanes->put(lanes->assign_lane(), "one\n");
        REQUIRE(comes([&] { return log.has("cannot be written; trying again at=/dev/full"); }));
        lanes->put(lanes->assign_lane(), "two\n");
    }
    CHECK(log.has("were dropped: they cannot be written fast enough at=/dev/full lines=2"));
}

}  // namespace ferrotunnel::observe
