/** Whether `head` is an `<epoch>:<seq>`. Whatever else stands there is somebody else's, and as good as nothing. [HIS6] */
export const IS_HEAD = "string.find(head, '^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x:%d+$')"
