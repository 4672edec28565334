// What the writer thread makes of waiting lines before it writes them. An access log has none: its lines are written as
// they are.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferrotunnel::observe {

class AccessSink;

/// Called on the writer's thread only.
class LineSeal {
public:
    virtual ~LineSeal() = default;

    /// Another sink is used from now on.
    virtual void opened() = 0;
    /// Whether lines can be written to this sink now. If not, it is called again before each attempt.
    virtual bool is_ready(const AccessSink& sink) = 0;
    /// Replaces the taken lines by those to write, perhaps with others. `dropped`: lines lost after them. Throws
    /// std::bad_alloc, and then has changed nothing.
    virtual void seal(std::string& lines, std::uint64_t dropped) = 0;
    /// These sealed lines are not written to the present sink, except for the first `torn` bytes: they belong to the
    /// next one. Throws std::bad_alloc, and then has changed nothing.
    virtual void take_back(std::string_view lines, std::size_t torn) = 0;
    /// All sealed lines were written, or some could not be.
    virtual void note(const AccessSink& sink, bool is_written) = 0;
    /// The last lines follow.
    virtual void finish() = 0;
    /// How long the thread may sleep while no line waits.
    virtual std::chrono::milliseconds longest_sleep() const = 0;
};

}  // namespace ferrotunnel::observe
