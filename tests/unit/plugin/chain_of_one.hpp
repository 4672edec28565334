// A chain of one instance, with a clock that the test moves, visitors of any address, and files. For the plugins'
// tests.
#pragma once

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "plugin/host.hpp"
#include "unit/plugin/run_rig.hpp"
#include "unit/plugin/session_rig.hpp"

namespace ferrotunnel::test {

/// The clock that plugins see while this object is there. It begins an hour after its beginning.
class MovedClock {
public:
    MovedClock() {
        now_ns = 3'600'000'000'000;
        plugin::set_clock([] { return now_ns.load(); });
    }
    ~MovedClock() { plugin::set_clock(nullptr); }
    MovedClock(const MovedClock&) = delete;
    MovedClock& operator=(const MovedClock&) = delete;

    void move(std::chrono::nanoseconds time) { now_ns += static_cast<std::uint64_t>(time.count()); }

private:
    static inline std::atomic<std::uint64_t> now_ns{0};
};

/// A folder for a test's files, which goes with it.
class TestFolder {
public:
    TestFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "ferrotunnel-plugin.XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~TestFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    std::string file(const std::string& name) const { return (path_ / name).string(); }
    /// Writes a file aside and puts it in place, so that nobody reads half of it.
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path_ / (name + ".new")) << text;
        std::filesystem::rename(path_ / (name + ".new"), path_ / name);
        return file(name);
    }

private:
    std::filesystem::path path_;
};

template <typename Class>
struct ChainOfOne : PluginRig {
    explicit ChainOfOne(std::string_view settings, plugin::InstanceOptions options = {}) {
        add<Class>(std::move(options), settings);
    }

    Class& object() { return *static_cast<Class*>(chain.instances.back()->object()); }
    /// Another instance in the place of the one that is there. `old` has that one then.
    void replace(std::string_view settings) {
        auto prepared = plugin::prepare(&plugin::library<Class>, {}, settings, {});
        REQUIRE(prepared);
        auto made = instances.make(*prepared, {}, chain.instances.back().get());
        REQUIRE(made);
        old = chain.instances.back();
        chain.instances.back() = *made;
        worker.reset();
    }
    /// An exchange of its own, beside the rig's. Its request is asked for at once.
    struct Visit {
        std::unique_ptr<hooks::HttpRun> run;
        hooks::Step step = hooks::Step::go_on;
        hooks::Reply reply;

        std::string field(std::string_view name) const {
            for (const auto& [each, value] : reply.fields) {
                if (each == name) {
                    return value;
                }
            }
            return {};
        }
        /// "403 ip_denied", or empty: it passes.
        std::string refusal() const {
            return step != hooks::Step::answer
                       ? std::string()
                       : std::to_string(reply.page ? http::info_of(*reply.page).status : reply.status) + " " +
                             reply.code;
        }
    };
    Visit visit(const std::string& visitor = "192.0.2.7", const std::string& fields = "",
                const std::string& host = "app.test", const std::string& service = "web") {
        if (!worker) {
            worker = std::make_unique<plugin::WorkerPlugins>(std::make_shared<plugin::Chain>(chain), waits, mailbox);
        }
        const ParsedRequest asked("GET / HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n");
        names.push_back(std::make_unique<std::string>(host));
        names.push_back(std::make_unique<std::string>(service));
        Visit made;
        made.run = worker->begin(asked.head(), {*names.end()[-2], visitor, *names.back(), "id-1", true}, *this);
        REQUIRE(made.run);
        made.step = made.run->request(now);
        if (made.step == hooks::Step::answer) {
            made.reply = made.run->take_reply();
        }
        return made;
    }

    MovedClock clock;
    std::shared_ptr<plugin::Instance> old;
    std::vector<std::unique_ptr<std::string>> names;  // which live as long as the exchanges
};

/// Visitors of a TCP or TLS service that pass an instance, with a clock that the test moves.
template <typename Class>
struct VisitsOfOne : SessionRig {
    explicit VisitsOfOne(std::string_view settings) {
        chain.add<Class>({}, settings);
        plugins.set_chain(std::make_shared<plugin::Chain>(chain.chain));
    }

    /// The words with which the visitor from that address is refused; empty: it comes in.
    std::string refusal(const std::string& address) {
        hooks::Subject subject;
        subject.client = client;
        subject.service = service;
        subject.address = address;
        subject.host = "app.test";
        run = plugins.begin(hooks::SessionPhase::connect, std::move(subject), *this, chain.mailbox);
        REQUIRE(run);
        const std::string words = ask() == hooks::Step::answer ? run->take_refusal().words : std::string();
        close();
        return words;
    }

    MovedClock clock;
};

}  // namespace ferrotunnel::test
