// A stream that a client answers with files, from the other end of the trunk.
#include "backend/serve_files.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include "backend/folder.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "support/temporary_folder.hpp"
#include "unit/backend/get_request.hpp"
#include "unit/trunk/pumped_visitor.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using namespace ferrotunnel::trunk;
using namespace ferrotunnel::trunk::test;
using ferrotunnel::test::eventually;
using ferrotunnel::test::get_request;
using ferrotunnel::test::RecordingLogger;
using ferrotunnel::test::TemporaryFolder;

namespace {

/// Trunks whose client answers each stream with files.
struct FilesRig {
    FilesRig() {
        service->name = "docs";
        service->backend.text = "files:" + site.path();
        service->backend.folder = std::make_shared<Folder>(site.path(), false);
        on(pair.worker, [this] {
            pair.client.on_stream = [this](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                dial_backend(pair.worker, service, std::move(stream), open.visitor, shared);
            };
        });
    }
    ~FilesRig() {
        on(pair.worker, [this] { pair.client.on_stream = nullptr; });
    }
    void put(const std::string& name, const std::string& text) const {
        std::ofstream(site / name, std::ios::binary) << text;
    }
    std::uint64_t visitors_now() const { return shared.traffic->visitors_now.load(); }

    const TemporaryFolder site;
    RecordingLogger log;
    TrunkPair pair;
    std::shared_ptr<ClientService> service = std::make_shared<ClientService>();
    DialShared shared{make_intrusive<Traffic>(), std::make_shared<SelfLoopDetector>(), log};
};

// Reads a head, which ends with an empty line.
std::string read_head(PumpedVisitor& visitor) {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
        head += visitor.read(1);
    }
    return head;
}

}  // namespace

TEST_CASE("a stream carries one request for a file after the other", "[serve_files]") {
    FilesRig rig;
    rig.put("a", "first");
    rig.put("b", "second");
    PumpedVisitor visitor(rig.pair);
    for (int i = 0; i < 3; ++i) {
        visitor.send(get_request("/a") + get_request("/b"));
        CHECK_THAT(read_head(visitor), Catch::StartsWith("HTTP/1.1 200 OK\r\n"));
        CHECK(visitor.read(5) == "first");
        read_head(visitor);
        CHECK(visitor.read(6) == "second");
    }
    CHECK(rig.visitors_now() == 1);
    (void)runtime::shutdown_send(visitor.socket.get());
    CHECK(visitor.read_to_end().first == 0);
    CHECK(eventually([&] { return rig.visitors_now() == 0; }));
}

TEST_CASE("the answer to a last request comes whole before the end", "[serve_files]") {
    FilesRig rig;
    rig.put("a", std::string(300'000, 'a'));
    PumpedVisitor visitor(rig.pair);
    visitor.send(get_request("/a", "Connection: close\r\n"));
    read_head(visitor);
    CHECK((visitor.read(300'000) == std::string(300'000, 'a')));
    CHECK(eventually([&] { return rig.visitors_now() == 0; }));
}

TEST_CASE("a visitor who does not read holds a place and a little memory, and gets everything in the end",
          "[serve_files]") {
    FilesRig rig;
    std::string large;
    for (int i = 0; i < 1'000'000; ++i) {
        large += static_cast<char>(i * 7 % 251);
    }
    while (large.size() < 40'000'000) {
        large += large;
    }
    rig.put("large", large);
    PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), {}, 4'096);
    visitor.send(get_request("/large"));
    read_head(visitor);
    CHECK(on(rig.pair.worker, [&] { return rig.pair.worker.slabs().in_use(); }) < 64);
    std::string got;
    while (got.size() < large.size()) {
        got += visitor.read(std::min<std::size_t>(1'000'000, large.size() - got.size()));
    }
    CHECK((got == large));
}

TEST_CASE("a file that changes is cut, and the log says so", "[serve_files]") {
    FilesRig rig;
    const std::size_t size = 40'000'000;
    rig.put("large", "");
    std::filesystem::resize_file(rig.site / "large", size);
    PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), {}, 4'096);
    visitor.send(get_request("/large"));
    read_head(visitor);
    std::filesystem::resize_file(rig.site / "large", 1'000);
    const auto [got, in_order] = visitor.read_to_end();
    CHECK(got < size);
    CHECK_FALSE(in_order);
    CHECK(eventually([&] { return rig.visitors_now() == 0; }));
    CHECK(rig.log.count("a file changed while it was being sent: the transfer was aborted") == 1);
}

TEST_CASE("a folder that is not the service's any more gets no further request", "[serve_files]") {
    FilesRig rig;
    rig.put("a", "answer");
    ServiceTable table;
    table.put(rig.service);
    table.put(rig.service);
    PumpedVisitor visitor(rig.pair);
    visitor.send(get_request("/a"));
    read_head(visitor);
    CHECK(visitor.read(6) == "answer");
    auto next = std::make_shared<ClientService>(*rig.service);
    next->backend.folder = std::make_shared<Folder>(rig.site.path(), true);
    table.put(next);
    CHECK_FALSE(next->backend.folder->is_retired());
    visitor.send(get_request("/a"));
    CHECK(visitor.read_to_end().first == 0);
    // The count by which the edge knows that it may send the second request again.
    CHECK(on(rig.pair.worker, [&] { return visitor.stream->peer_delivered(); }) == get_request("/a").size());
}

TEST_CASE("a visitor's reset ends its transfer", "[serve_files]") {
    FilesRig rig;
    rig.put("large", "");
    std::filesystem::resize_file(rig.site / "large", 40'000'000);
    {
        PumpedVisitor visitor(rig.pair, make_intrusive<Traffic>(), {}, 4'096);
        visitor.send(get_request("/large"));
        read_head(visitor);
        runtime::reset_close(std::move(visitor.socket));
    }
    CHECK(eventually([&] { return rig.visitors_now() == 0; }));
    CHECK(rig.service->backend.folder->acquire_permit());
}

TEST_CASE("a folder that is not there is told once, and that it is back", "[serve_files]") {
    FilesRig rig;
    const std::string away = rig.site.path() + "-away";
    PumpedVisitor visitor(rig.pair);
    std::filesystem::rename(rig.site.path(), away);
    visitor.send(get_request("/"));
    CHECK_THAT(read_head(visitor), Catch::StartsWith("HTTP/1.1 503 "));
    visitor.read(24);
    CHECK(rig.log.count("the backend of a service cannot be reached") == 1);
    std::filesystem::rename(away, rig.site.path());
    visitor.send(get_request("/"));
    CHECK_THAT(read_head(visitor), Catch::StartsWith("HTTP/1.1 404 "));
    CHECK(rig.log.count("the backend of a service can be reached again") == 1);
}
