#include "ferrotunnel/audit_log.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <limits>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "audit/limits.hpp"
#include "audit/verifier.hpp"

namespace ferrotunnel {
namespace {

struct CloseGzip {
    void operator()(gzFile file) const { ::gzclose(file); }
};
using GzipFile = std::unique_ptr<std::remove_pointer_t<gzFile>, CloseGzip>;

// Reads the lines of a file, compressed or not.
class LineReader {
public:
    explicit LineReader(const std::string& path) : path_(path), file_(::gzopen(path.c_str(), "rbe")) {
        if (!file_) {
            throw std::system_error(errno != 0 ? errno : ENOMEM, std::generic_category(), "cannot read " + path);
        }
    }

    /// Calls `use` with each line, without its end, until it returns false. A line longer than line_bytes_max is cut.
    /// Returns why the rest cannot be read; empty if everything was.
    std::string each(const std::function<bool(std::string_view line)>& use) {
        std::array<char, 16 * 1024> room;
        int got = 0;
        while ((got = ::gzread(file_.get(), room.data(), room.size())) > 0) {
            if (!add({room.data(), static_cast<std::size_t>(got)}, use)) {
                return {};
            }
        }
        int code = Z_OK;
        (void)::gzerror(file_.get(), &code);
        if (got < 0 || code == Z_BUF_ERROR) {  // the latter, without another sign: the file ends too early
            return why_not();
        }
        if (!line_.empty()) {
            (void)use(line_);
        }
        return {};
    }

private:
    bool add(std::string_view text, const std::function<bool(std::string_view)>& use) {
        while (!text.empty()) {
            const std::size_t end = text.find('\n');
            const std::string_view part = text.substr(0, end);
            line_ += part.substr(0, audit::line_bytes_max - std::min(line_.size(), audit::line_bytes_max));
            if (end == std::string_view::npos) {
                return true;
            }
            const std::string line = std::exchange(line_, {});
            text.remove_prefix(end + 1);
            if (!use(line)) {
                return false;
            }
        }
        return true;
    }

    std::string why_not() const {
        int code = Z_OK;
        const char* const text = ::gzerror(file_.get(), &code);
        if (code == Z_ERRNO) {
            throw std::system_error(errno, std::generic_category(), "cannot read " + path_);
        }
        return std::string("the compressed file is damaged: ") + text;
    }

    const std::string path_;
    const GzipFile file_;
    std::string line_;
};

// The number of its first whole line; the largest number if it has none.
std::uint64_t first_line_of(const std::string& path) {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
    (void)LineReader(path).each([&first](std::string_view line) {
        const auto link = audit::read_line(line);
        first = link ? link->sequence() : first;
        return !link;
    });
    return first;
}

}  // namespace

AuditReport verify_audit_log(const std::vector<std::string>& files, const std::optional<AuditHead>& known) {
    std::vector<std::pair<std::uint64_t, std::string>> ordered;
    for (const std::string& file : files) {
        ordered.emplace_back(first_line_of(file), file);
    }
    std::ranges::stable_sort(ordered, {}, [](const auto& one) { return one.first; });
    audit::Verifier verifier(known ? std::optional(audit::Head{known->sequence, known->hash}) : std::nullopt);
    for (const auto& [first, file] : ordered) {
        verifier.begin_file(file);
        const std::string why = LineReader(file).each([&verifier](std::string_view line) {
            verifier.add(line);
            return true;
        });
        if (!why.empty()) {
            verifier.fail_file(why);
        }
    }
    verifier.finish();
    AuditReport report;
    report.lines = verifier.lines();
    if (const auto& head = verifier.head()) {
        report.head = AuditHead{head->sequence, head->hash};
    }
    report.faults = verifier.faults();
    if (verifier.faults_left_off() != 0) {
        report.faults.push_back("and " + std::to_string(verifier.faults_left_off()) + " more");
    }
    report.notes = verifier.notes();
    return report;
}

std::optional<AuditHead> audit_head(const std::string& file) {
    std::string last;
    const std::string why = LineReader(file).each([&last](std::string_view line) {
        if (audit::read_line(line)) {
            last = line;
        }
        return true;
    });
    if (!why.empty()) {
        throw std::system_error(std::make_error_code(std::errc::io_error), "cannot read " + file + ": " + why);
    }
    const auto link = audit::read_line(last);
    return link ? std::optional(AuditHead{link->sequence(), audit::hash_of(last)}) : std::nullopt;
}

}  // namespace ferrotunnel
