// Lets the date of one process jump (LD_PRELOAD), for cluster_etcd_faults.sh: adds to CLOCK_REALTIME the seconds in the
// first eight bytes of the file CLOCK_JUMP. Other clocks stay as they are.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

const volatile std::int64_t* map_seconds() {
    const char* const name = std::getenv("CLOCK_JUMP");
    const int file = name != nullptr ? ::open(name, O_RDONLY | O_CLOEXEC) : -1;
    void* const page = file >= 0 ? ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (file >= 0) {
        ::close(file);
    }
    return page == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(page);
}

std::int64_t seconds() {
    static const volatile std::int64_t* const mapped = map_seconds();
    return mapped != nullptr ? *mapped : 0;
}

int real_time(clockid_t clock, timespec* time) {
    using ClockGettime = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<ClockGettime>(::dlsym(RTLD_NEXT, "clock_gettime"));
    return real(clock, time);
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec* time) noexcept {
    const int result = real_time(clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        time->tv_sec += seconds();
    }
    return result;
}

__attribute__((visibility("default"))) int gettimeofday(timeval* time, void*) noexcept {
    timespec now{};
    const int result = clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return result;
}

__attribute__((visibility("default"))) time_t time(time_t* out) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != nullptr) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
}
