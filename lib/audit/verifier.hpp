// Checks the chain of an audit log, line by line over one or several files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/line.hpp"

namespace ferrotunnel::audit {

/// For one thread. Faults and notes begin with the place: "audit.log:17: ...".
class Verifier {
public:
    /// `known`: a line that the chain must have.
    explicit Verifier(std::optional<Head> known = {}) : known_(std::move(known)) {}

    /// The next lines are those of this file, which continues the one before.
    void begin_file(std::string name);
    /// Without its line end.
    void add(std::string_view line);
    /// The rest of the present file cannot be read.
    void fail_file(std::string_view why) { fault(here(), std::string(why)); }
    void finish();

    std::uint64_t lines() const noexcept { return lines_; }
    /// The last line. Empty if there is none.
    const std::optional<Head>& head() const noexcept { return head_; }
    /// The first faults_max; `faults_left_off` is the number of the others.
    const std::vector<std::string>& faults() const noexcept { return faults_; }
    std::uint64_t faults_left_off() const noexcept { return faults_left_off_; }
    const std::vector<std::string>& notes() const noexcept { return notes_; }

    static constexpr std::size_t faults_max = 20;

private:
    std::string here() const { return file_ + ':' + std::to_string(line_) + ": "; }
    void fault(const std::string& place, std::string text);
    void note(const std::string& place, const std::string& text);
    void add_fragment(std::string_view line);
    void check_fragment(const Link& link);
    void check_link(const Link& link);
    void check_known(const Link& link);

    const std::optional<Head> known_;
    bool known_found_ = false;
    std::string file_;
    std::uint64_t line_ = 0;
    std::uint64_t lines_ = 0;
    std::optional<Head> head_;
    std::string head_place_;
    std::optional<std::string> fragment_;  // lines since the head that are not whole
    std::string fragment_place_;
    std::vector<std::string> faults_;
    std::uint64_t faults_left_off_ = 0;
    std::vector<std::string> notes_;
};

}  // namespace ferrotunnel::audit
