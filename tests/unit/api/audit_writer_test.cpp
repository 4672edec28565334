#include "api/audit_writer.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "ferrotunnel/audit_log.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::detail {
namespace {

using ferrotunnel::test::eventually;
using ferrotunnel::test::TemporaryFolder;

/// A writer of an audit log, which is open.
struct OpenAuditLog {
    explicit OpenAuditLog(const std::string& path) {
        std::error_code error;
        std::string why;
        observe::AccessSink sink = AuditWriter::sink_at(path, error, why);
        REQUIRE(!error);
        writer.write_to(std::move(sink));
    }
    const std::shared_ptr<audit::AuditLog> events = std::make_shared<audit::AuditLog>();
    AuditWriter writer{events, null_logger()};
};

std::string audit_text(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("an audit log is reopened by one thread while another ends it", "[audit-writer]") {
    const TemporaryFolder folder;
    for (int i = 0; i < 20; ++i) {
        OpenAuditLog log(folder / "log");
        std::thread reopens([&log] {
            for (int n = 0; n < 100; ++n) {
                log.writer.reopen();
            }
        });
        std::thread stops([&log] { log.writer.stop(); });
        log.writer.hand_over();
        reopens.join();
        stops.join();
        CHECK(!log.events->is_on());
    }
    CHECK(verify_audit_log({folder / "log"}).faults == std::vector<std::string>{});
    const std::string text = audit_text(folder / "log");
    std::size_t ends = 0;
    for (const char* event : {R"("event":"replaced")", R"("event":"stopped")"}) {
        for (auto at = text.find(event); at != std::string::npos; at = text.find(event, at + 1)) {
            ++ends;
        }
    }
    CHECK(ends == 20);
}

TEST_CASE("an audit log that is off is not failing, even if its disk was full to the end", "[audit-writer]") {
    OpenAuditLog log("/dev/full");
    log.writer.note_start();
    REQUIRE(eventually([&log] { return log.events->status().is_failing; }));
    log.writer.turn_off();
    CHECK(!log.events->status().is_on);
    CHECK(!log.events->status().is_failing);
}

}  // namespace ferrotunnel::detail
