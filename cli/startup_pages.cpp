#include "startup_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>

namespace ferrotunnel::cli {
namespace {

bool has_debugger() noexcept {
    std::FILE* const file = std::fopen("/proc/self/status", "re");
    if (file == nullptr) {
        return true;  // a debugger cannot be excluded
    }
    int tracer = 0;
    bool is_known = false;
    std::array<char, 256> line{};
    while (!is_known && std::fgets(line.data(), line.size(), file) != nullptr) {
        is_known = std::sscanf(line.data(), "TracerPid: %d", &tracer) == 1;
    }
    (void)std::fclose(file);
    return !is_known || tracer != 0;
}

// Only pages that are never written: they are backed by the file, so nothing is lost.
int release_object(dl_phdr_info* object, std::size_t, void*) noexcept {
    const auto page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD && (segment.p_flags & PF_W) == 0) {
            const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) & ~(page_bytes - 1);
            const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
            (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
        }
    }
    return 0;
}

}  // namespace

void release_startup_pages() noexcept {
    if (!has_debugger()) {
        (void)::dl_iterate_phdr(release_object, nullptr);
    }
}

}  // namespace ferrotunnel::cli
