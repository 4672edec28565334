// Returns free heap memory to the system when many visitors have left: by itself the allocator keeps the free memory
// below the top of its heap.
#pragma once

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <utility>

namespace ferrotunnel::cli {

class HeapTrim {
public:
    /// Trims if it is due. Called only now and then, since trimming walks through the free memory.
    void tick() noexcept {
#ifdef __GLIBC__  // other allocators neither report free memory nor keep as much of it
        if (is_due(::mallinfo2().fordblks, anonymous_bytes())) {
            ::malloc_trim(0);
            resident_ = anonymous_bytes();
        }
#endif
    }

    /// Whether trimming is worth the walk: always once, for what the start has left; then if enough bytes were freed
    /// since the fewest were free (a quarter of the fewest that were resident, but 1 to 4 MiB); or if as many were
    /// taken from the system since the fewest were resident, and as many are free now. Memory that was returned still
    /// counts as free, so neither number is enough by itself. After that it is due again when nothing more is freed:
    /// half of the visitors may still have been there the first time.
    bool is_due(std::size_t free, std::size_t resident) noexcept {
        const bool is_first = !std::exchange(has_looked_, true);
        least_ = is_first ? free : std::min(least_, free);
        resident_ = is_first ? resident : std::min(resident_, resident);
        const std::size_t worth = std::clamp<std::size_t>(resident_ / 4, 1 << 20, 4 << 20);
        const bool is_over = free <= std::exchange(last_, free);
        const bool is_worth_it = free - least_ >= worth || (resident - resident_ >= worth && free >= worth);
        const bool is_rest = rest_is_due_ && is_over && free > least_;
        if (!is_first && !is_worth_it && !is_rest) {
            rest_is_due_ = rest_is_due_ && !is_over;
            return false;
        }
        rest_is_due_ = is_worth_it;
        least_ = free;
        resident_ = resident;
        return true;
    }

private:
    /// The resident bytes that are not a file's: of a program's file, more or less are resident on each machine. 0 if
    /// the system does not report it.
    static std::size_t anonymous_bytes() noexcept {
        unsigned long resident = 0;
        unsigned long shared = 0;
        std::FILE* file = std::fopen("/proc/self/statm", "re");
        if (file != nullptr) {
            if (std::fscanf(file, "%*u %lu %lu", &resident, &shared) != 2) {
                resident = shared = 0;
            }
            (void)std::fclose(file);
        }
        return (resident - std::min(resident, shared)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    }

    bool has_looked_ = false;
    std::size_t least_ = 0;     // the fewest bytes that were free since the last time
    std::size_t resident_ = 0;  // the fewest resident bytes since then
    std::size_t last_ = 0;      // the free bytes at the last check
    bool rest_is_due_ = false;
};

}  // namespace ferrotunnel::cli
