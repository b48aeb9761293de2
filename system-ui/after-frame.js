// Work that can wait until the person sees what is there already.

export const afterFrame = work => requestAnimationFrame(() => setTimeout(work));
